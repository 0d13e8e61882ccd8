import fs from 'node:fs';
import path from 'node:path';

const source = `'use strict';
const fs = require('fs');
const path = require('path');

const levels = ['trace', 'debug', 'info', 'warning', 'error', 'critical'];

class Logger {
  constructor(_kind, _name, file) {
    this.file = file;
    this.level = 2;
    this.raw = false;
    fs.mkdirSync(path.dirname(file), { recursive: true });
  }
  write(level, message) {
    if (level < this.level) return;
    const stamp = new Date().toISOString().replace('T', ' ').replace('Z', '');
    try {
      fs.appendFileSync(this.file, this.raw ? message : stamp + ' [' + levels[level] + '] ' + message + '\\n');
    } catch {
      // a log that cannot be written must not stop the editor
    }
  }
  trace(message) { this.write(0, message); }
  debug(message) { this.write(1, message); }
  info(message) { this.write(2, message); }
  warn(message) { this.write(3, message); }
  error(message) { this.write(4, message); }
  critical(message) { this.write(5, message); }
  getLevel() { return this.level; }
  setLevel(level) { this.level = level; }
  setPattern() {}
  clearFormatters() { this.raw = true; }
  flush() {}
  drop() {}
}

const create = async (name, file) => new Logger('rotating', name, file);
const nothing = () => {};
module.exports = {
  version: 0, setLevel: nothing, setFlushOn: nothing, shutdown: nothing,
  Logger, createRotatingLogger: create, createAsyncRotatingLogger: create,
};
`;

/**
 * Puts a plain JavaScript logger in the place of the native @vscode/spdlog. VS Code writes its logs and every extension's
 * output channel through it: without it output channels stay empty, and VS Code 1.90 does not start.
 */
export function stubSpdlog(nodeModules) {
  const dir = path.join(nodeModules, '@vscode', 'spdlog');
  fs.rmSync(dir, { recursive: true, force: true });
  fs.mkdirSync(dir, { recursive: true });
  fs.writeFileSync(path.join(dir, 'package.json'), JSON.stringify({ name: '@vscode/spdlog', version: '0.0.0', main: 'index.js' }));
  fs.writeFileSync(path.join(dir, 'index.js'), source);
}
