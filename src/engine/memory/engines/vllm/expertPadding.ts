import type { Analysis } from '../../../analysis';
import { hiddenSize, numberOf } from '../../parallel/textConfig';
import type { PlacedTensor } from '../../parallel/tensors';
import type { Settings } from './settings';

/** Multiples to which a kernel rounds the inner width of a rank's experts and the hidden width. */
interface Alignment {
  readonly inner: number;
  readonly hidden: number;
}

/**
 * What experts in MXFP4 are padded to, by the kernel that a device gets by default: Triton on Hopper, FlashInfer's TRT-LLM on
 * data-center Blackwell, Marlin elsewhere (vllm/model_executor/layers/quantization/mxfp4.py at 0.12,
 * fused_moe/oracle/mxfp4.py at 0.19 and 0.33).
 */
function alignmentOf(capability: number): Alignment {
  if (capability >= 10 && capability < 11) return { inner: 128, hidden: 256 };
  return capability === 0 || (capability >= 9 && capability < 10) ? { inner: 64, hidden: 1 } : { inner: 128, hidden: 256 };
}

/** The tensors with those of MXFP4 experts as large as the kernel makes them. */
export function padExperts(
  tensors: readonly PlacedTensor[],
  analysis: Analysis,
  { tensor, expertParallel, device }: Pick<Settings, 'tensor' | 'expertParallel' | 'device'>,
): readonly PlacedTensor[] {
  const inner = numberOf(analysis, 'moe_intermediate_size', 'intermediate_size');
  const hidden = hiddenSize(analysis);
  if (inner === undefined || hidden === 0 || !tensors.some(isPacked)) return tensors;
  const alignment = alignmentOf(device.capability);
  const local = expertParallel ? inner : inner / tensor;
  const factor =
    ((Math.ceil(local / alignment.inner) * alignment.inner) / local) * ((Math.ceil(hidden / alignment.hidden) * alignment.hidden) / hidden);
  return factor === 1 ? tensors : tensors.map((each) => (isPacked(each) ? { ...each, bytes: each.bytes * factor } : each));
}

const isPacked = ({ cut, scheme, kind }: PlacedTensor): boolean => cut === 'expert' && kind !== 'plain' && scheme.startsWith('mxfp4');
