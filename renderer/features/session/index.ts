export { takeSignInToken } from './signInToken.ts'
export { useMayOperate, useMe, useSignOut } from './session.ts'
