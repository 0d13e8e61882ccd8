import { amd } from './catalogue/amd';
import { apple } from './catalogue/apple';
import { applePhones } from './catalogue/applePhones';
import { aws } from './catalogue/aws';
import { broadcom } from './catalogue/broadcom';
import { cambricon } from './catalogue/cambricon';
import { cerebras } from './catalogue/cerebras';
import { google } from './catalogue/google';
import { groq } from './catalogue/groq';
import { horizon } from './catalogue/horizon';
import { huawei } from './catalogue/huawei';
import { hygon } from './catalogue/hygon';
import { intel } from './catalogue/intel';
import { mediatek } from './catalogue/mediatek';
import { mooreThreads } from './catalogue/mooreThreads';
import { nvidiaDatacenter } from './catalogue/nvidiaDatacenter';
import { nvidiaGeforce } from './catalogue/nvidiaGeforce';
import { nvidiaJetson } from './catalogue/nvidiaJetson';
import { nvidiaWorkstation } from './catalogue/nvidiaWorkstation';
import { qualcomm } from './catalogue/qualcomm';
import { rockchip } from './catalogue/rockchip';
import { tHead } from './catalogue/tHead';
import type { Device } from './device';

/**
 * Every device that is known, by vendor. Where sources disagree, a memory size that would let more fit is not believed, and of
 * other figures the maker's own stands, else the lower one; a note says so.
 */
export const devices: readonly Device[] = [
  ...nvidiaDatacenter,
  ...nvidiaWorkstation,
  ...nvidiaGeforce,
  ...nvidiaJetson,
  ...amd,
  ...intel,
  ...apple,
  ...google,
  ...aws,
  ...huawei,
  ...cambricon,
  ...hygon,
  ...mooreThreads,
  ...tHead,
  ...groq,
  ...cerebras,
  ...applePhones,
  ...qualcomm,
  ...mediatek,
  ...horizon,
  ...rockchip,
  ...broadcom,
];
