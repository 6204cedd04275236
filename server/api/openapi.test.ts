import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ERRORS } from '#contract/errors.ts'
import { routes, type OperationId } from '#contract/routes.ts'
import { startTestApi, type TestApi } from '#testkit/apiServer.ts'
import { buildOpenApi } from './openapi.ts'

interface Document {
  openapi: string
  paths: Record<
    string,
    Record<
      string,
      {
        operationId: string
        security: object[]
        responses: Record<string, object>
        parameters?: { name: string; in: string; required: boolean }[]
      }
    >
  >
  components: { schemas: Record<string, { properties?: object }> }
}
const document = buildOpenApi({ version: '1.2.3' }) as unknown as Document

describe('the OpenAPI document', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await startTestApi()
  })
  afterAll(() => api.close())

  it('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>)
    expect(result).toEqual({ valid: true })
    const broken = { ...document, paths: { '/x': { get: { responses: 'none' } } } } as unknown as Record<string, unknown>
    expect((await new Validator().validate(broken)).valid).toBe(false)
    expect(document.openapi).toMatch(/^3\.1/)
  })
  it('is served without sign-in, and is what was built', async () => {
    const answer = await api.call({ url: '/api/openapi.json' })
    expect([answer.statusCode, answer.json<{ paths: object }>().paths]).toEqual([200, JSON.parse(JSON.stringify(document.paths))])
  })
  it('describes each operation once, with its path parameters and at least three errors', () => {
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
    )
    expect(described.map(({ operationId }) => operationId).sort()).toEqual([...Object.keys(routes), 'liveEvents'].sort())
    for (const { path, operationId, parameters = [], responses } of described) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
      expect([
        operationId,
        parameters.filter((parameter) => parameter.in === 'path').map(({ name, required }) => required && name),
      ]).toEqual([operationId, named])
      if (operationId !== 'liveEvents')
        expect(Object.keys(responses).filter((status) => Number(status) >= 400).length).toBeGreaterThanOrEqual(3)
    }
  })
  it('asks for a credential exactly where a role is needed', () => {
    for (const methods of Object.values(document.paths)) {
      for (const { operationId, security } of Object.values(methods)) {
        if (operationId !== 'liveEvents')
          expect([operationId, security.length > 0]).toEqual([operationId, routes[operationId as OperationId].role !== null])
      }
    }
  })
  it("names the contract's objects and leaves no reference open", () => {
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(['Dag', 'DagRun', 'TaskInstance', 'Pool', 'Worker', 'LiveEvent', 'Error', 'TimetableSpec']),
    )
    const text = JSON.stringify(document)
    for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) expect(document.components.schemas[name!]).toBeDefined()
    for (const code of Object.keys(ERRORS)) expect(text).toContain(code)
  })
})
