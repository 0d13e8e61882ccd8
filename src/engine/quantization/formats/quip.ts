import { flag, keeps, strings, text, withRules, type Block, type Recipe } from '../recipe';
import { bySource } from '../schemes/basis';
import { qtip, quip } from '../schemes/quip';
import { positive, wholeOr } from './numbers';
import { nominal } from './unknown';

/** Bits of the codebooks (Cornell-RelaxML/quip-sharp lib/codebook/__init__.py). */
const bitsOf: Readonly<Record<string, 2 | 3 | 4>> = { E8P12: 2, E8P12RVQ3B: 3, E8P12RVQ4B: 4 };

/** `quip_params` at the top of a config: QuIP#, or QTIP, which has a trellis in place of a codebook. */
export function readQuip(block: Block): Recipe {
  const { config } = block;
  if (config['td_x'] !== undefined) return readQtip(block);
  const bits = bitsOf[text(config['codebook']) ?? ''];
  if (bits === undefined) return nominal(block, 'quip');
  const name = `quip-${bits}bit-e8p12`;
  return {
    name,
    fallback: quip({ name, bits, rescaled: flag(config, 'rescale_WH'), basis: { kind: 'rule', reasons: ['quip-fused-layers'] } }),
  };
}

/** Layers that are left alone are listed as `0_v`: the layer's number and what it is. */
function readQtip(block: Block): Recipe {
  const { config } = block;
  const bits = wholeOr(config, 'K', 2, (value) => value >= 1 && value <= 8);
  const name = `qtip-${bits}bit`;
  const scheme = qtip({
    name,
    bits,
    tableBits: /lut/.test(text(config['decode_mode']) ?? 'quantlut_sym') ? wholeOr(config, 'tlut_bits', 9, (value) => value <= 16) : 0,
    vectorLength: wholeOr(config, 'V', 2, (value) => value >= 1 && value <= 8),
    tile: [wholeOr(config, 'td_x', 16, positive), wholeOr(config, 'td_y', 16, positive)],
    basis: bySource,
  });
  const kept = strings(config['skip_list']).flatMap((listed) => {
    const [, layer, kind] = /^(\d{1,6})_(q|k|v|o|up|gate|down)$/.exec(listed) ?? [];
    if (layer === undefined || kind === undefined) return [];
    return [`model.layers.${layer}.${kind.length === 1 ? 'self_attn' : 'mlp'}.${kind}_proj`];
  });
  return { name, fallback: scheme, ...withRules(block, keeps(kept)) };
}
