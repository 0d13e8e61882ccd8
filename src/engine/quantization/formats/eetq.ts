import { exact } from '../../basis';
import { isList } from '../../config/json';
import { keeps, listed, strings, withRules, type Block, type Recipe } from '../recipe';
import { eetq } from '../schemes/eetq';
import { textOnly } from '../selection';
import { listedInVersion5, moduleRules, modulesOf, withHead } from '../transformersModules';
import { expertsWriterOf, expertsWriters, withOthers, type Writer } from '../writers';

/**
 * `quant_method: eetq`: 8 bits, nothing else is offered. Every linear module is converted, towers included: without a list all but
 * the head, with one all but those of the list; experts up to version 4 of transformers alone (quantizers/base.py,
 * get_modules_to_not_convert; integrations/eetq.py, replace_with_eetq_linear).
 *
 * @param told the writer, where someone knows it
 */
export function readEetq(block: Block, told?: Writer): Recipe {
  const writer = expertsWriterOf(block.savedBy, told);
  const skipped = block.config['modules_to_not_convert'];
  const converted = modulesOf(moduleRules.eetq, writer);
  const everywhere = isList(skipped) ? withHead(converted) : converted;
  return {
    name: 'eetq-int8',
    fallback: eetq('eetq-int8', exact, block.inText ? textOnly(everywhere) : everywhere),
    writers: withOthers(writer, expertsWriters),
    ...withRules(block, keeps(strings(skipped), writer === 'transformers-5' ? listedInVersion5 : listed)),
  };
}
