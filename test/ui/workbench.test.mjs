import { editorLine, openFile, openWorkbench, screenshot, setTheme } from '../../scripts/vscode/workbench.mjs';
import { themes } from '../../scripts/vscode/settings.mjs';

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
}
