import { analyze, cacheSize, listTensors, toJson, type Analysis, type JsonObject, type TensorList } from '../../src/engine/index';
import { configOf, tensorsOf, type OracleRow } from './oracle';

export function analyzeRow(row: OracleRow, className?: string): Analysis {
  const result = analyze(toJson(configOf(row, className)) as JsonObject);
  if (result.kind !== 'model') throw new Error(`${row.model_type}: ${result.kind} ${JSON.stringify(result.findings)}`);
  return result;
}

const flat = (list: TensorList): string[] => list.map(([name, shape, copies]) => `${name} [${shape.join(', ')}] ×${copies}`).sort();

function differences(mine: readonly string[], theirs: readonly string[]): string[] {
  const a = new Set(mine);
  const b = new Set(theirs);
  return [
    ...mine.filter((line) => !b.has(line)).map((line) => `+ ${line}`),
    ...theirs.filter((line) => !a.has(line)).map((line) => `- ${line}`),
  ];
}

/** Every way in which an analysis differs from the oracle's row; empty when exact. */
export function compare(row: OracleRow): string[] {
  const analysis = analyzeRow(row);
  const wrong: string[] = [];
  const { total, stored } = analysis.parameters;
  if (row.params !== undefined && total !== row.params) wrong.push(`parameters ${total}, reference ${row.params} (${total - row.params})`);
  if (row.stored !== undefined && stored !== row.stored) wrong.push(`stored ${stored}, reference ${row.stored} (${stored - row.stored})`);
  if (analysis.basis.kind !== 'exact') wrong.push(`basis ${analysis.basis.kind}: ${analysis.basis.reasons.join(', ')}`);
  if (row.tensors) wrong.push(...compareTensors(row, analysis));
  for (const tokens of [64, 5000]) {
    const kept = row.cache?.[String(tokens)];
    if (typeof kept !== 'object') continue;
    const { bytes } = cacheSize(analysis.inventory, tokens, 1, 'bf16');
    if (bytes !== kept.bytes) wrong.push(`cache at ${tokens}: ${bytes}, reference ${kept.bytes} (${bytes - kept.bytes})`);
  }
  for (const [className, params] of Object.entries(row.other_classes ?? {})) {
    if (typeof params !== 'number') continue;
    const other = analyzeRow(row, className).parameters.total;
    if (other !== params) wrong.push(`${className}: ${other}, reference ${params} (${other - params})`);
  }
  return wrong;
}

/** The tensor list must equal the saved names where the oracle has them, else the module's. */
function compareTensors(row: OracleRow, analysis: Analysis): string[] {
  const parameters = listTensors(analysis.inventory, 'parameters');
  const buffers = listTensors(analysis.inventory, 'buffers');
  const own = differences(flat([...parameters, ...buffers]), flat(tensorsOf(row)));
  if (own.length === 0 || row.saved === undefined) return own;
  const saved = differences(flat([...parameters, ...buffers]), flat(row.saved));
  return saved;
}
