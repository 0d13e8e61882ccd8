import fs from 'node:fs';
import { editorLine, openFile, openWorkbench, quickInput, screenshot, setTheme } from '../../scripts/vscode/workbench.mjs';
import { themes } from '../../scripts/vscode/settings.mjs';

const chinese = JSON.parse(fs.readFileSync(new URL('../../package.nls.zh-cn.json', import.meta.url), 'utf8'));

for (const host of ['node', 'web']) {
  describe(`window, ${host} extension host`, () => {
    let workbench, page;
    before(async () => {
      workbench = await openWorkbench({ host, file: 'config.json' });
      page = workbench.page;
    });
    after(() => workbench?.close());

    it('shows a config in every kind of theme', async () => {
      await editorLine(page, 'hidden_size').waitFor();
      for (const theme of Object.keys(themes)) {
        await setTheme(page, theme);
        await screenshot(page, `${host}-window-${theme}`);
      }
    });

    it('opens another file', async () => {
      await openFile(page, 'other/config.json');
      await editorLine(page, 'a service').waitFor();
    });
  });

  describe(`window in Chinese, ${host} extension host`, () => {
    let workbench;
    after(() => workbench?.close());

    it('names our commands in Chinese', async () => {
      workbench = await openWorkbench({ host, file: 'config.json', locale: 'zh-cn' });
      const { page } = workbench;
      await page.keyboard.press('F1');
      await quickInput(page, '>VRAM Lens');
      await page.locator('.quick-input-list .monaco-list-row', { hasText: chinese['command.openPanel'] }).first().waitFor();
      await screenshot(page, `${host}-window-zh-cn`);
    });
  });
}
