/**
 * Tests run in forks. Unit tests import lib/*.ts; integration, lifecycle and package tests import the built package as
 * 'enginery', because its worker files exist only beside the compiled code.
 */

import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { checkoutEnvironment } from './scripts/environment.mjs';
import { TEST_LIMIT_MS } from './test/scale.js';

export default defineConfig({
  resolve: { alias: { enginery: resolve(import.meta.dirname, 'dist/index.js') } },
  test: {
    include: ['test/{unit,integration,lifecycle,package}/**/*.test.ts'],
    exclude: ['test/package/project/**'],
    pool: 'forks',
    env: checkoutEnvironment(),
    // The built package runs as Node runs it, not through vite's transform.
    server: { deps: { external: [/\/dist\//] } },
    // A run of thousands of turns is long on a busy machine; no test asserts a time.
    testTimeout: TEST_LIMIT_MS,
    hookTimeout: TEST_LIMIT_MS,
    reporters: process.env['CI'] ? ['verbose'] : ['default'],
    coverage: { include: ['lib/**/*.ts'], exclude: ['lib/onnx/gen/**'] },
  },
});
