/** ESLint: typescript-eslint's strictest set that knows types; a warning is an error, a disable comment states its reason. */

import eslint from '@eslint/js';
import comments from '@eslint-community/eslint-plugin-eslint-comments/configs';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  {
    // The CommonJS file is a table of regular expressions in no TypeScript project.
    ignores: ['dist/', 'build/', 'prebuilds/', 'coverage/', 'lib/onnx/gen/', '**/*.cjs'],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  comments.recommended,
  {
    languageOptions: {
      parserOptions: {
        project: [
          './tsconfig.json',
          './tsconfig.test.json',
          './tsconfig.scripts.json',
          './tsconfig.tools.json',
        ],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // typeof import('x') is how a package that require() loads gets its types.
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      // A number in a message reads as itself; everything else still has to be turned into text on purpose.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@eslint-community/eslint-comments/require-description': [
        'error',
        { ignore: ['eslint-enable'] },
      ],
      'no-console': 'off',
      eqeqeq: 'error',
    },
  },
  {
    // Environment variables have two doors (CONVENTIONS section 6 rule 9).
    files: ['lib/**/*.ts'],
    ignores: ['lib/common/**', 'lib/runtime/libraries.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Only common/ and runtime/libraries.ts read the environment.',
        },
      ],
    },
  },
  {
    // Plain scripts: their types come from JSDoc, so that values of JSON.parse stay unchecked there.
    files: ['**/*.mjs', '**/*.js'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/dot-notation': 'off',
      'no-undef': 'off',
    },
  },
);
