import { exact } from '../../basis';
import { groupSize, integer, keeps, strings, text, withRules, type Block, type Recipe } from '../recipe';
import { awq, type AwqVersion } from '../schemes/awq';

const versions: readonly string[] = ['gemm', 'gemv', 'gemv_fast', 'marlin'];

/**
 * `quant_method: awq`: AutoAWQ's own keys (w_bit, q_group_size), those of transformers (bits, group_size), or GPTQModel's, which
 * calls the packing a format (`checkpoint_format`, or `format` since its version 4).
 */
export function readAwq(block: Block): Recipe {
  const { config } = block;
  integer(block, ['bits', 'w_bit'], 4, (bits) => bits === 4);
  const size = groupSize(block, ['group_size', 'q_group_size'], 128);
  const written = (text(config['version']) ?? text(config['checkpoint_format']) ?? text(config['format']) ?? 'gemm').toLowerCase();
  const version = (versions.includes(written) ? written : 'gemm') as AwqVersion;
  const name = `awq-int4-${size === null ? 'channel' : `g${size}`}${version === 'gemm' ? '' : `-${version.replace('_', '-')}`}`;
  const sure = version === 'gemm' && written === version;
  return {
    name,
    fallback: awq(name, size, version, sure ? exact : { kind: 'rule', reasons: ['awq-packing'] }),
    ...withRules(block, keeps(strings(config['modules_to_not_convert']))),
  };
}
