/** An author's Markdown. No HTML is rendered, and links open apart without telling where they come from. */
import { Typography } from '@mantine/core'
import ReactMarkdown from 'react-markdown'
import remarkGfm from 'remark-gfm'
import classes from './Markdown.module.css'

/** Longer texts are cut: a page must not freeze because a file holds a book. */
const TEXT_MAX = 100_000

export function Markdown({ text }: { text: string }) {
  return (
    <Typography className={classes['text'] ?? ''}>
      <ReactMarkdown
        skipHtml
        remarkPlugins={[remarkGfm]}
        // An image would be a request to another host.
        disallowedElements={['img']}
        components={{
          a: ({ href, children }) => (
            <a href={href} target="_blank" rel="noreferrer noopener">
              {children}
            </a>
          ),
        }}
      >
        {dedent(text.slice(0, TEXT_MAX))}
      </ReactMarkdown>
    </Typography>
  )
}

/** Docstrings are indented as their code is; Markdown would read that as a code block. */
function dedent(text: string): string {
  const lines = text.split('\n')
  const indents = lines.slice(1).flatMap((line) => (line.trim() === '' ? [] : [/^ */.exec(line)?.[0].length ?? 0]))
  const indent = indents.length === 0 ? 0 : Math.min(...indents)
  return lines.map((line, at) => (at === 0 ? line.trimStart() : line.slice(Math.min(indent, line.length)))).join('\n')
}
