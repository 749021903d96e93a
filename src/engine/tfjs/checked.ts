/**
 * What a layer may call of tfjs: the kernels whose values and gradients test/engine/tfjs-ops holds to PyTorch's. All others
 * are refused in a layer by name, since tfjs has many that are wrong without a word.
 */
export const checkedKernels: ReadonlySet<string> = new Set([
  ...['Abs', 'Acos', 'Acosh', 'Add', 'AddN', 'All', 'Any', 'ArgMax', 'ArgMin', 'Asin', 'Asinh', 'Atan', 'Atan2'],
  ...['Atanh', 'AvgPool', 'AvgPool3D', 'BatchMatMul', 'BatchToSpaceND', 'Cast', 'Ceil', 'ClipByValue', 'Concat'],
  ...['Conv2D', 'Conv2DBackpropInput', 'Conv3D', 'Cos', 'Cosh', 'Cumprod', 'Cumsum', 'DepthToSpace'],
  ...['DepthwiseConv2dNative', 'Dilation2D', 'Einsum', 'Elu', 'Equal', 'Erf', 'Exp', 'ExpandDims', 'Expm1', 'Fill'],
  ...['FlipLeftRight', 'Floor', 'FloorDiv', 'FusedBatchNorm', 'FusedConv2D', 'FusedDepthwiseConv2D', 'GatherNd'],
  ...['GatherV2', 'Greater', 'GreaterEqual', 'Identity', 'IsFinite', 'IsNan', 'LRN', 'LeakyRelu', 'Less', 'LessEqual'],
  ...['LinSpace', 'Log', 'Log1p', 'LogicalAnd', 'LogicalNot', 'LogicalOr', 'Max', 'MaxPool', 'MaxPool3D', 'Maximum'],
  ...['Mean', 'Min', 'Minimum', 'MirrorPad', 'Mod', 'Multiply', 'Neg', 'NotEqual', 'OneHot', 'OnesLike', 'Pack'],
  ...['PadV2', 'Pow', 'Prelu', 'Prod', 'Range', 'RealDiv', 'Reciprocal', 'Relu', 'Relu6', 'Reshape', 'ResizeBilinear'],
  ...['ResizeNearestNeighbor', 'Reverse', 'Round', 'Rsqrt', 'ScatterNd', 'Select', 'Selu', 'Sigmoid', 'Sign', 'Sin'],
  ...['Sinh', 'Slice', 'Softmax', 'Softplus', 'SpaceToBatchND', 'SplitV', 'Sqrt', 'Square', 'SquaredDifference'],
  ...['Step', 'StridedSlice', 'Sub', 'Sum', 'Tan', 'Tanh', 'TensorScatterUpdate', 'Tile', 'TopK', 'Transpose'],
  ...['Unpack', 'UnsortedSegmentSum', 'ZerosLike', '_FusedMatMul'],
]);
