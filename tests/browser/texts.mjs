// What the page must make of texts in Slack's mrkdwn and in Discord's Markdown, in markup; every one of them has been a trap somewhere.

/** Each source text of Slack's with the markup it must become. */
export const TEXTS = [
  ['*bold* _italic_ ~gone~ `code`', '<p><strong>bold</strong> <em>italic</em> <s>gone</s> <code>code</code></p>'],
  ['*bold _both_ `a*b`* rest', '<p><strong>bold <em>both</em> <code>a*b</code></strong> rest</p>'],
  ['snake_case_name 2*3*4 a~b~c', '<p>snake_case_name 2*3*4 a~b~c</p>'],
  ['a &lt;b&gt; &amp;lt; &amp;amp;', '<p>a &lt;b&gt; &amp;lt; &amp;amp;</p>'],
  ['<img src=x onerror=alert(1)>', '<p>&lt;img src=x onerror=alert(1)&gt;</p>'],
  ['<javascript:alert(1)|here>', '<p>here (javascript:alert(1))</p>'],
  ['<https://example.com/?a=1&amp;b=2|a &lt; b>', '<p><a href="https://example.com/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">a &lt; b</a></p>'],
  ['<!channel> &lt;!channel&gt;', '<p><span class="mention all">@channel</span> &lt;!channel&gt;</p>'],
  ['<!subteam^S1|@dba>', '<p><span class="mention all">@dba</span></p>'],
  ['<!date^soon^{time}|at noon>', '<p>at noon</p>'],
  ['&gt; quoted *text*\nplain', '<blockquote>quoted <strong>text</strong></blockquote><p>plain</p>'],
  ['```\n*not bold* &lt;\n```', '<pre><code>*not bold* &lt;</code></pre>'],
  [':no_such_emoji: 12:30:45', '<p>:no_such_emoji: 12:30:45</p>'],
  ['• one\n• two', '<ul class="list"><li class="depth-0"><span class="mark">•</span><span>one</span></li><li class="depth-0"><span class="mark">•</span><span>two</span></li></ul>'],
];

/** The same of Discord's. */
export const DISCORD_TEXTS = [
  ['**bold** *italic* _too_ __under__ ~~gone~~ `code`', '<div class="md-line"><strong>bold</strong> <em>italic</em> <em>too</em> <u>under</u> <s>gone</s> <code>code</code></div>'],
  ['**bold *both* `a**b`** rest', '<div class="md-line"><strong>bold <em>both</em> <code>a**b</code></strong> rest</div>'],
  ['snake_case_name 2 * 3 * 4 \\*plain\\* \\<@1>', '<div class="md-line">snake_case_name 2 * 3 * 4 *plain* &lt;@1&gt;</div>'],
  ['<img src=x onerror=alert(1)>', '<div class="md-line">&lt;img src=x onerror=alert(1)&gt;</div>'],
  ['[here](javascript:alert(1))', '<div class="md-line">[here](javascript:alert(1))</div>'],
  ['[a **b**](https://example.com/?a=1&b=2) <https://example.com>.', '<div class="md-line"><a href="https://example.com/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer" title="https://example.com/?a=1&amp;b=2">a <strong>b</strong></a> <a href="https://example.com" target="_blank" rel="noopener noreferrer">https://example.com</a>.</div>'],
  ['## Title\n-# small\n> quoted **text**\nplain', '<h4 class="md-h2">Title</h4><small class="md-small">small</small><blockquote><div class="md-line">quoted <strong>text</strong></div></blockquote><div class="md-line">plain</div>'],
  ['```\n**not bold** <@1>\n```', '<pre><code>**not bold** &lt;@1&gt;</code></pre>'],
  ['a\u2061\u2062\u2063\u2064 @everyone <t:soon>', '<div class="md-line">a <span class="mention all">@everyone</span> &lt;t:soon&gt;</div>'],
  ['- one\n  - two', '<div class="md-item depth-0"><span class="mark">•</span><span>one</span></div><div class="md-item depth-1"><span class="mark">•</span><span>two</span></div>'],
];
