import { RuleTester } from 'eslint';
import { layersRule } from '../../../scripts/eslint/layers.mjs';

const crossing = [{ messageId: 'crossing' }];

// it calls describe and it by itself
new RuleTester().run('layers', layersRule, {
  valid: [
    { filename: 'src/engine/memory/a.js', code: "import { b } from '../units/b';" },
    { filename: 'src/engine/memory/a.js', code: "import { parse } from 'jsonc-parser';" },
    { filename: 'src/host/a.js', code: "import { b } from '../engine/index';" },
    { filename: 'src/features/hover/a.js', code: "import { b } from './b'; import { c } from '../../host/c';" },
    { filename: 'src/features/hub/a.js', code: "import { b } from '../../hub/b';" },
    { filename: 'src/hub/a.js', code: "import { b } from '../engine/limits';" },
    { filename: 'src/checkpointFiles/a.js', code: "import { b } from '../engine/index';" },
    { filename: 'src/host/a.js', code: "import { b } from '../checkpointFiles/b';" },
    { filename: 'src/activation/a.js', code: "import { b } from '../main';" },
    { filename: 'src/cli/a.js', code: "import { b } from '../engine/index'; import { c } from '../checkpointFiles/c';" },
    { filename: 'media/panel/a.js', code: "import { b } from '../../src/shared/b';" },
    { filename: 'test/unit/a.js', code: "import { b } from '../../src/features/hover/b';" },
  ],
  invalid: [
    { filename: 'src/engine/a.js', code: "import { b } from '../shared/b';", errors: crossing },
    { filename: 'src/engine/a.js', code: "export { b } from '../host/b';", errors: crossing },
    { filename: 'src/shared/a.js', code: "import { b } from '../host/b';", errors: crossing },
    { filename: 'src/hub/a.js', code: "import { b } from '../host/b';", errors: crossing },
    { filename: 'src/checkpointFiles/a.js', code: "import { b } from '../shared/b';", errors: crossing },
    { filename: 'src/engine/a.js', code: "import { b } from '../checkpointFiles/b';", errors: crossing },
    { filename: 'src/host/a.js', code: "export * from '../features/hover/b';", errors: crossing },
    { filename: 'src/features/hover/a.js', code: "import { b } from '../panel/b';", errors: crossing },
    { filename: 'src/features/hover/a.js', code: "const b = import('../panel/b');", errors: crossing },
    { filename: 'src/activation/a.js', code: "import { b } from '../engine/index';", errors: crossing },
    { filename: 'src/cli/a.js', code: "import { b } from '../host/b';", errors: crossing },
    { filename: 'src/main.js', code: "import { b } from '../media/panel/b';", errors: crossing },
    { filename: 'media/panel/a.js', code: "import { b } from '../../src/host/b';", errors: crossing },
  ],
});
