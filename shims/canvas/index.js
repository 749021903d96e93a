// chartjs-node-canvas wants node-canvas, which needs a compiler and system libraries. A plain alias to @napi-rs/canvas is
// not enough: toBuffer(callback), registerFont and the PNG streams are node-canvas's own, and this entry point has them.
module.exports = require('@napi-rs/canvas/node-canvas');
