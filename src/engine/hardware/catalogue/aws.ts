import { catalogue } from './row';

/** AWS Neuron devices, per chip. One device per line. */
// prettier-ignore
export const aws = catalogue({ vendor: 'AWS', class: 'npu', usable: 'unmeasured' }, [
  { name: 'Inferentia2', architecture: { native: ['fp32', 'tf32', 'fp16', 'bf16', 'fp8', 'int8'] }, memory: 32, bandwidth: 820, tflops: { fp32: 47.5, tf32: 190, fp16: 190, bf16: 190, fp8: 190, int8: 380 }, link: 'NeuronLink-v2', from: ['neuronInferentia2'], confidence: 'high' },
  { name: 'Trainium1', architecture: { native: ['fp32', 'tf32', 'fp16', 'bf16', 'fp8', 'int8'] }, memory: 32, bandwidth: 820, tflops: { fp32: 47.5, tf32: 190, fp16: 190, bf16: 190, fp8: 190, int8: 380 }, link: 'NeuronLink-v2', from: ['neuronTrainium'], confidence: 'high' },
  { name: 'Trainium2', architecture: { native: ['fp32', 'tf32', 'fp16', 'bf16', 'fp8'] }, memory: 96, bandwidth: 2900, tflops: { fp32: 181, tf32: 667, fp16: 667, bf16: 667, fp8: 1299 }, link: 'NeuronLink-v3', year: 2024, from: ['neuronTrainium2', 'mlEngineering'], confidence: 'high' },
  { name: 'Trainium3', architecture: { native: ['fp32', 'tf32', 'fp16', 'bf16', 'fp8', 'fp4'] }, memory: 144, bandwidth: 4900, tflops: { fp32: 183, tf32: 671, fp16: 671, bf16: 671, fp8: 2517, fp4: 2517 }, link: 'NeuronLink-v4 2.56 TB/s', year: 2025, from: ['neuronTrainium3'], confidence: 'high' },
]);
