/** The arrows between the rooms of lib/ (CONVENTIONS section 1): a room sees lower numbers and itself, through doors. */

/** Rooms by number; rooms of equal number never see each other. */
const LEVELS = [
  ['common'],
  ['tensor', 'onnx', 'report'],
  ['runtime', 'quantize', 'batching'],
  ['engine'],
  ['session'],
  ['serve', 'bench'],
  ['cli'],
];

const rooms = LEVELS.flat();

/** What a room at `level` may import from: everything below it. */
const below = (level) => LEVELS.slice(0, level).flat();

const arrowRules = LEVELS.flatMap((names, level) =>
  names.map((room) => {
    const forbidden = rooms.filter((other) => other !== room && !below(level).includes(other));
    return {
      name: `arrow-${room}`,
      comment: `${room}/ imports only from lower rooms and from itself.`,
      severity: 'error',
      from: { path: `^lib/${room}/` },
      to: { path: `^lib/(${[...forbidden, 'index\\.ts$'].join('|')})` },
    };
  }),
);

const doorRules = rooms.map((room) => ({
  name: `door-of-${room}`,
  comment: `Other rooms import ${room}/ through its index.ts.`,
  severity: 'error',
  from: { path: '^lib/', pathNot: `^lib/${room}/` },
  to: { path: `^lib/${room}/`, pathNot: `^lib/${room}/index\\.ts$` },
}));

/** A package that one file, or one room, alone may load. */
const loadedOnlyBy = (name, packagePath, owner, types = []) => ({
  name: `only-loader-of-${name}`,
  comment: `Only ${owner} loads ${name}; imports of types are allowed.`,
  severity: 'error',
  from: { path: '^lib/', pathNot: owner },
  to: { path: packagePath, dependencyTypesNot: ['type-only', ...types] },
});

module.exports = {
  forbidden: [
    ...arrowRules,
    ...doorRules,
    loadedOnlyBy('the-addon', 'node-gyp-build', '^lib/runtime/native\\.ts$'),
    loadedOnlyBy('onnxruntime-common', 'onnxruntime-common', '^lib/tensor/tensor\\.ts$'),
    loadedOnlyBy('onnxruntime-node', 'onnxruntime-node', '^lib/runtime/onnxruntime-worker\\.ts$'),
    {
      name: 'only-onnx-knows-protobuf',
      comment: 'The ONNX codec stays behind onnx/.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/onnx/' },
      to: { path: ['@bufbuild/protobuf', '^lib/onnx/gen/'] },
    },
    {
      name: 'no-cycle',
      comment: 'A cycle has no order in which it can be understood or loaded.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { circular: true },
    },
    {
      name: 'no-development-package',
      comment: 'What lib/ imports must be installed with the package.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere fails at run time.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^lib/onnx/gen/'] },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    // createRequire(...)('package') is how CommonJS packages are loaded; a name of its own is found by this list.
    exoticRequireStrings: ['packageRequire', 'resolver'],
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
    },
  },
};
