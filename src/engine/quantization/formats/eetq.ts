import { isList } from '../../config/json';
import { keeps, listed, strings, withRules, type Block, type Recipe } from '../recipe';
import { bySource } from '../schemes/basis';
import { eetq } from '../schemes/eetq';
import { textOnly } from '../selection';
import { listedInVersion5, moduleRules, modulesOf, withHead } from '../transformersModules';
import { expertsWriterOf, expertsWriters, withOthers, type Writer } from '../writers';

/** `quant_method: eetq`: 8 bits, nothing else is offered. Towers are converted, too; with a list of modules, the head unless it names it. */
export function readEetq(block: Block, told?: Writer): Recipe {
  const writer = expertsWriterOf(block.savedBy, told);
  const skipped = block.config['modules_to_not_convert'];
  const converted = modulesOf(moduleRules.eetq, writer);
  const everywhere = isList(skipped) ? withHead(converted) : converted;
  return {
    name: 'eetq-int8',
    fallback: eetq('eetq-int8', bySource, block.inText ? textOnly(everywhere) : everywhere),
    writers: withOthers(writer, expertsWriters),
    ...withRules(block, keeps(strings(skipped), writer === 'transformers-5' ? listedInVersion5 : listed)),
  };
}
