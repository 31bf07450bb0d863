/**
 * AssemblyScript: the loops of prediction, for blocks of rows and for one. Who calls lays out the memory; nothing here
 * allocates.
 */
export { bytesOfCodes, placeMissing, rankByExponent, rankEven, sidesOfBytes, sidesOfCodes } from './predict-columns';
export { decide, walkTrees } from './predict-one';
export { addBytes, addInOrder, addWholes, standRows } from './predict-rows';
export { explainTrees } from './predict-shap';
