import type { Wall } from '../../../../shared/panel/snapshot';
import type { View } from '../view';
import { bandwidthWall } from './bandwidth';
import { communicationWall } from './communication';
import { computeWall } from './compute';
import { contextWall } from './context';
import { dataWall } from './data';
import { storageWall } from './storage';
import type { WallOf } from './wall';

/** In the order in which a model meets them: to be trained, then to be run. */
const all: readonly WallOf[] = [computeWall, storageWall, communicationWall, dataWall, contextWall, bandwidthWall];

export const wallsOf = (view: View): readonly Wall[] => all.flatMap((of) => of(view) ?? []);
