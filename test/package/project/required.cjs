// A CommonJS program: require() of the package, and of what it must share with onnxruntime-common.
const enginery = require('enginery');

import('enginery').then((imported) => {
  console.log(
    JSON.stringify({
      names: Object.keys(enginery).sort(),
      sameModule: imported.createEngine === enginery.createEngine,
      sameTensor: imported.Tensor === enginery.Tensor,
    }),
  );
});
