import assert from 'node:assert/strict';
import fs from 'node:fs';
import {
  analyzeText,
  devices,
  findDevice,
  type Analysis,
  type Device,
  type EstimateSettings,
  type NumberStyle,
  type Precision,
} from '../../../src/engine/index';
import { modelContent, type ModelShown } from '../../../src/features/panel/model/model';
import type { EngineSettings } from '../../../src/shared/engineRun';
import type { TrainingAsked } from '../../../src/shared/panel/runs';
import type { Listing, ModelContent, Trial } from '../../../src/shared/panel/snapshot';
import { english, type Translate } from '../../../src/shared/text/translate';

const samples = new URL('../../../samples/', import.meta.url);

export const sampleNames = (): readonly string[] => JSON.parse(fs.readFileSync(new URL('samples.json', samples), 'utf8')) as string[];

export function analysisOf(text: string): Analysis {
  const { result } = analyzeText(text);
  assert.ok(result.kind === 'model', result.kind);
  return result;
}
export const sample = (name: string): Analysis => analysisOf(fs.readFileSync(new URL(`${name}/config.json`, samples), 'utf8'));

export function device(name: string): Device {
  const found = findDevice(name);
  assert.ok(found.kind === 'found', name);
  return found.device;
}

export interface Asked extends Partial<EstimateSettings> {
  readonly precision?: Precision;
  readonly t?: Translate;
  readonly style?: NumberStyle;
  readonly stale?: boolean;
  readonly listing?: Listing | null;
  readonly trial?: Trial | null;
  readonly serving?: Partial<EngineSettings>;
  readonly comparing?: boolean;
  readonly patience?: number;
  readonly training?: TrainingAsked | null;
}

/** The panel of a model on one RTX 4090, unless something else is asked for. */
export const contentFor = (analysis: Analysis, asked: Asked = {}): ModelContent => shownFor(analysis, asked).content;

/** The same with what stands behind it. */
export function shownFor(analysis: Analysis, asked: Asked = {}): ModelShown {
  const { listing = null, trial = null, serving, comparing = false, training = null, patience = Infinity, ...others } = asked;
  const { precision = 'checkpoint', t = english, style = { locale: 'en', memory: 'binary' }, stale = false, ...settings } = others;
  const full: EstimateSettings = {
    context: 8192,
    batch: 1,
    kvDtype: 'auto',
    precisions: ['checkpoint', 'fp8-channel', 'w8a8-int8', 'awq-int4-g128'],
    targets: [{ device: device('RTX 4090'), count: 1 }],
    ...settings,
  };
  return modelContent({
    document: { uri: 'file:///config.json', name: 'config.json' },
    pinned: false,
    stale,
    analysis,
    findings: analysis.findings,
    settings: full,
    precision,
    kvDtype: full.kvDtype,
    engine: { engine: 'none', engineVersion: '', engineOptions: {}, ...serving },
    comparing,
    training,
    patience,
    devices,
    notices: [],
    listing,
    trial,
    t,
    style,
  });
}
