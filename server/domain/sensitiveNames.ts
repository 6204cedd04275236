/** Airflow's list of words that make a Variable's or Connection field's name sensitive. */
const SENSITIVE_WORDS = [
  'access_token',
  'api_key',
  'apikey',
  'authorization',
  'passphrase',
  'passwd',
  'password',
  'private_key',
  'proxy',
  'proxies',
  'secret',
  'token',
  'keyfile_dict',
  'service_account',
]

/** True if a value of this name is to be hidden. */
export function isSensitiveName(name: string): boolean {
  const lower = name.toLowerCase()
  return SENSITIVE_WORDS.some((word) => lower.includes(word))
}
