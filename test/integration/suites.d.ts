/** Every test/integration/suite/*.test.ts, put together by the bundler; evaluated when it is imported. */
declare module 'virtual:suites';
