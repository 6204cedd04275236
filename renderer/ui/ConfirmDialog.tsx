/** Asks the question that waits; the safe answer has the focus. */
import { Button, Group, Text } from '@mantine/core'
import { strings } from '../strings.ts'
import { questions, type Question } from './confirm.ts'
import { Dialog } from './Dialog.tsx'

export function ConfirmDialog({ question }: { question: Question }) {
  return (
    <Dialog onClose={questions.close} title={question.title} size="md">
      <Text component="div" size="sm" style={{ overflowWrap: 'anywhere' }}>
        {question.text}
      </Text>
      <Group justify="flex-end" gap="xs" mt="lg">
        <Button variant="default" data-autofocus onClick={questions.close}>
          {strings.common.cancel}
        </Button>
        <Button
          {...(question.danger === true ? { color: 'red' } : {})}
          onClick={() => {
            questions.close()
            question.onConfirm()
          }}
        >
          {question.confirm}
        </Button>
      </Group>
    </Dialog>
  )
}
