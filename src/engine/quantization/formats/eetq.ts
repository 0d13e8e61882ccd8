import { keeps, strings, withRules, type Block, type Recipe } from '../recipe';
import { bySource } from '../schemes/basis';
import { eetq } from '../schemes/eetq';

/** `quant_method: eetq`: 8 bits, nothing else is offered. */
export const readEetq = (block: Block): Recipe => ({
  name: 'eetq-int8',
  fallback: eetq('eetq-int8', bySource),
  ...withRules(block, keeps(strings(block.config['modules_to_not_convert']))),
});
