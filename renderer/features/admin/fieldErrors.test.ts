import { expect, it } from 'vitest'
import { VortexError } from '#contract/errors.ts'
import { fieldErrors } from './fieldErrors.ts'

it('puts what the server says at its field, and the rest below the form', () => {
  const errors = [{ field: 'body.password', message: 'must NOT have fewer than 12 characters' }]
  const short = new VortexError('invalid_request', 'body.password must …', { errors })
  expect(fieldErrors(short, ['username', 'password'])).toEqual({ password: 'must NOT have fewer than 12 characters' })
  const taken = new VortexError('conflict', 'There is a user "a" already.')
  expect(fieldErrors(taken, ['username'])).toEqual({ '': 'There is a user "a" already.' })
  const named = new VortexError('invalid_request', 'The old password is wrong.', { field: 'old_password' })
  expect(fieldErrors(named, ['old_password'])).toEqual({ old_password: 'The old password is wrong.' })
  expect(fieldErrors(null, ['a'])).toEqual({})
})
