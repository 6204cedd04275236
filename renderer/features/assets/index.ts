export { AssetCondition } from './AssetCondition.tsx'
export { RunAssetEvents } from './RunAssetEvents.tsx'
