/**
 * Texts encrypted by the operating system's keychain. Where there is none, Electron would fall back to a key that is the same on every
 * machine: that is refused here, and API keys are then asked for each time.
 */
import { safeStorage } from 'electron'

export interface Keychain {
  /** null = it can be used, else why not. */
  problem(): Promise<string | null>
  encrypt(text: string): Promise<string>
  decrypt(text: string): Promise<string>
}

const UNPROTECTED = new Set(['basic_text', 'unknown'])
const NO_KEYCHAIN =
  'This system has no keychain that VORTEX can use (on Linux: GNOME Keyring or KWallet), so API keys are not kept and are asked for each time.'

export const systemKeychain: Keychain = {
  async problem() {
    if (process.platform === 'linux' && UNPROTECTED.has(safeStorage.getSelectedStorageBackend())) return NO_KEYCHAIN
    return (await isAvailable()) ? null : NO_KEYCHAIN
  },
  async encrypt(text) {
    const bytes = hasAsync() ? await safeStorage.encryptStringAsync(text) : safeStorage.encryptString(text)
    return bytes.toString('base64')
  },
  async decrypt(text) {
    const bytes = Buffer.from(text, 'base64')
    return hasAsync() ? (await safeStorage.decryptStringAsync(bytes)).result : safeStorage.decryptString(bytes)
  },
}

/** Electron before 45 has the synchronous functions only, Electron after it the others only. */
const hasAsync = (): boolean => typeof (safeStorage as Partial<typeof safeStorage>).encryptStringAsync === 'function'
const isAvailable = async (): Promise<boolean> =>
  hasAsync() ? safeStorage.isAsyncEncryptionAvailable() : safeStorage.isEncryptionAvailable()
