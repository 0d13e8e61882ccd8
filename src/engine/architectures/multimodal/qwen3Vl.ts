import { visualLanguage } from './visualLanguage';

export const qwen3Vl = visualLanguage({ type: 'qwen3_vl', title: 'Qwen3-VL' });
export const qwen3VlMoe = visualLanguage({ type: 'qwen3_vl_moe', title: 'Qwen3-VL MoE' });
