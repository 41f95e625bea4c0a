// What the page must make of texts in Slack's mrkdwn, in markup; every one of them has been a trap somewhere.

/** Each source text with the markup it must become. */
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
