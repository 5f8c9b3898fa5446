// @ts-check
/**
 * `npm run docs`: writes docs/api from the comments of the public surface. Fails where a public name has no comment, or
 * a comment links to nothing. `npm run lint` checks that what is committed is what would be written.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { Application, ReflectionKind } from 'typedoc';

import { root } from './paths.mjs';

const docs = join(root, 'docs', 'api');

/** Writes the pages to `folder`; throws where the comments are not complete. @param {string} folder */
async function write(folder) {
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    outputs: [{ name: 'markdown', path: folder }],
    entryPoints: [join(root, 'lib', 'index.ts')],
    tsconfig: join(root, 'tsconfig.json'),
    readme: 'none',
    router: 'module',
    excludeExternals: true,
    excludeInternal: true,
    disableSources: true,
    // Told where they are used: in the comments of ErrorCode, EngineOptions.onnxruntime and inputMetadata.
    intentionallyNotExported: [
      ...['ErrorCodeSuffix', 'OnnxruntimeOptions'],
      ...['ValueMetadata', 'ValueMetadataBase', 'TensorValueMetadata', 'NonTensorValueMetadata'],
    ],
    validation: { notDocumented: true },
    treatWarningsAsErrors: true,
    treatValidationWarningsAsErrors: true,
    logLevel: 'Warn',
    ...{ hidePageHeader: true, hideBreadcrumbs: true, entryFileName: 'README' },
    ...{ parametersFormat: 'table', interfacePropertiesFormat: 'table' },
    ...{ typeDeclarationFormat: 'table', enumMembersFormat: 'table' },
  });
  const project = await app.convert();
  if (project === undefined) throw new Error('docs: lib/ does not compile');
  // The types in the namespaces InferenceSession and Tensor are onnxruntime-common's, documented there.
  const upstream = project
    .getReflectionsByKind(ReflectionKind.TypeAlias)
    .filter(({ parent }) => parent?.kind === ReflectionKind.Namespace)
    .map((alias) => alias.getFullName());
  app.options.setValue('intentionallyNotDocumented', upstream);
  app.validate(project);
  await app.generateOutputs(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error('docs: not complete');
}

/** The pages of a folder by name. @param {string} folder @returns {Map<string, string>} */
function pages(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return new Map(
    names
      .filter((name) => name.endsWith('.md'))
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
}

/** The pages of docs/api that differ from what the comments say. @returns {Promise<string[]>} */
export async function stalePages() {
  const folder = mkdtempSync(join(tmpdir(), 'enginery-docs-'));
  try {
    await write(folder);
    const [fresh, committed] = [pages(folder), pages(docs)];
    const names = new Set([...fresh.keys(), ...committed.keys()]);
    return [...names].filter((name) => fresh.get(name) !== committed.get(name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  await write(docs);
}
