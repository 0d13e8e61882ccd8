import assert from 'node:assert/strict';
import { weightsAt, type Analysis } from '../../../../src/engine/index';
import { modelOf } from '../models';

const gemma3 = {
  architectures: ['Gemma3ForConditionalGeneration'],
  model_type: 'gemma3',
  torch_dtype: 'bfloat16',
  text_config: {
    model_type: 'gemma3_text',
    hidden_size: 256,
    intermediate_size: 512,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 64,
    num_hidden_layers: 2,
    vocab_size: 1024,
  },
  vision_config: {
    model_type: 'siglip_vision_model',
    hidden_size: 128,
    intermediate_size: 256,
    num_attention_heads: 2,
    num_hidden_layers: 2,
    image_size: 224,
    patch_size: 14,
    vision_use_head: false,
  },
};
const siglip = {
  architectures: ['SiglipVisionModel'],
  model_type: 'siglip_vision_model',
  torch_dtype: 'bfloat16',
  ...{ hidden_size: 128, intermediate_size: 256, num_hidden_layers: 2, num_attention_heads: 2, image_size: 224, patch_size: 14 },
};
const keptBytes = ({ checkpoint }: Analysis): number | undefined => checkpoint.extras.keptByReason['not-a-module'];

describe('a matrix that is a parameter of a larger module', () => {
  const weights = { num_bits: 4, type: 'int', strategy: 'group', group_size: 128, symmetric: true };
  const group = (targets: readonly string[]) => ({ quant_method: 'compressed-tensors', config_groups: { g: { targets, weights } } });
  const projection = 'multi_modal_projector.mm_input_projection_weight';
  const blocks: Readonly<Record<string, object>> = {
    'compressed-tensors': group(['Linear']),
    'compressed-tensors, where a target names it': group(['re:.*language_model.*proj$', projection]),
    bitsandbytes: { quant_method: 'bitsandbytes', load_in_8bit: true },
    'bitsandbytes with a list': { quant_method: 'bitsandbytes', load_in_8bit: true, llm_int8_skip_modules: ['lm_head', 'vision_tower'] },
    fp8: { quant_method: 'fp8', weight_block_size: [128, 128], modules_to_not_convert: ['lm_head', 'vision_tower'] },
  };
  for (const [title, block] of Object.entries(blocks))
    it(`stays as it is under ${title}`, () => {
      assert.equal(keptBytes(modelOf(gemma3, block)), 128 * 256 * 2);
    });
  it("stays as it is where it is the input of an image tower's attention over its own outputs", () => {
    const found = modelOf(siglip, { quant_method: 'bitsandbytes', load_in_8bit: true });
    assert.equal(keptBytes(found), 3 * 128 * 128 * 2);
  });
  it('stays as it is under presets that convert towers', () => {
    const { details } = weightsAt(modelOf(gemma3), 'bnb-int8');
    assert.equal(details?.keptByReason['not-a-module'], 128 * 256 * 2);
  });
  it('is not what the experts of a mixture in one tensor are, which writers take apart', () => {
    const { checkpoint } = modelOf(
      { model_type: 'gpt_oss', torch_dtype: 'bfloat16', num_hidden_layers: 2, num_local_experts: 4 },
      group(['Linear']),
    );
    assert.ok(checkpoint.extras.quantizedParameters > 2 * 4 * 3 * 2880 * 2880);
    assert.equal(checkpoint.extras.keptByReason['not-a-module'], undefined);
  });
});
