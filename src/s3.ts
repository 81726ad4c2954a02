/** The entry of `dist/s3.mjs`: what this action uses of the AWS SDK. Only jobs with `cache-backend: s3` load it. */

export { createSigner, parseXml } from './platform/s3-sdk.ts'
