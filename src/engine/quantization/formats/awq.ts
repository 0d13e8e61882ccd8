import { exact, type Basis } from '../../basis';
import { flag, groupSize, integer, keeps, strings, text, withRules, type Block, type Recipe } from '../recipe';
import type { Scheme } from '../scheme';
import { awq, type AwqVersion } from '../schemes/awq';
import { changedGroup, dynamicRules } from './dynamic';

const versions: readonly string[] = ['gemm', 'gemv', 'gemv_fast', 'marlin'];

/**
 * `quant_method: awq`: AutoAWQ's own keys (w_bit, q_group_size), those of transformers (bits, group_size), or GPTQModel's, which
 * calls the packing a format (`checkpoint_format`, or `format` since its version 4), and has `dynamic` and `lm_head` here, too.
 */
export function readAwq(block: Block): Recipe {
  const { config } = block;
  integer(block, ['bits', 'w_bit'], 4, (bits) => bits === 4);
  const size = groupSize(block, ['group_size', 'q_group_size'], 128);
  const written = (text(config['version']) ?? text(config['checkpoint_format']) ?? text(config['format']) ?? 'gemm').toLowerCase();
  const version = (versions.includes(written) ? written : 'gemm') as AwqVersion;
  const sure = version === 'gemm' && written === version;
  const basis: Basis = sure ? exact : { kind: 'rule', reasons: ['awq-packing'] };
  const schemeOf = (group: number | null, head: boolean): Scheme =>
    awq({ name: nameOf(group, version), groupSize: group, version, basis, head });
  const fallback = schemeOf(size, flag(config, 'lm_head'));
  const rules = dynamicRules(config, (changes) => schemeOf(changedGroup(changes, size), true));
  return { name: fallback.name, fallback, ...withRules(block, [...rules, ...keeps(strings(config['modules_to_not_convert']))]) };
}

const nameOf = (size: number | null, version: AwqVersion): string =>
  `awq-int4-${size === null ? 'channel' : `g${size}`}${version === 'gemm' ? '' : `-${version.replace('_', '-')}`}`;
