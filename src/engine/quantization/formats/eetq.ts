import { exact } from '../../basis';
import { isList } from '../../config/json';
import { keeps, listed, strings, withRules, type Block, type Recipe } from '../recipe';
import { eetq } from '../schemes/eetq';
import { separateLinearLayersAndTowers, separateLinearModules } from '../selection';
import { asOfVersion5, listedInVersion5 } from '../transformersModules';
import { expertsWriterOf, expertsWriters, withOthers, type Writer } from '../writers';

/**
 * `quant_method: eetq`: 8 bits, nothing else is offered. Every linear module is converted, towers included: without a list all but
 * the head, with one all but those of the list; experts up to version 4 of transformers alone (quantizers/base.py,
 * get_modules_to_not_convert; integrations/eetq.py, replace_with_eetq_linear).
 *
 * @param told the writer, where someone knows it
 */
export function readEetq(block: Block, told?: Writer): Recipe {
  const kept = block.config['modules_to_not_convert'];
  const everywhere = isList(kept) ? separateLinearModules : separateLinearLayersAndTowers;
  const writer = expertsWriterOf(block.savedBy, told);
  const isVersion5 = writer === 'transformers-5';
  return {
    name: 'eetq-int8',
    fallback: eetq('eetq-int8', exact, isVersion5 ? asOfVersion5(everywhere) : everywhere),
    writers: withOthers(writer, expertsWriters),
    ...withRules(block, keeps(strings(kept), isVersion5 ? listedInVersion5 : listed)),
  };
}
