"""The words by which a plan shows its own structure. One table a question; add a word here, not in the grammar."""

import re

_UNIT_NOUN = "(?:单位|部门|科室|处室|机构|主体|方)"
_BEGINS = r"(?<![一-鿿])"  # 牵头: with no name before it
LEAD_LABEL = rf"(?:总?牵头|主办|主责|主要责任|主管|第一责任|主体责任){_UNIT_NOUN}|{_BEGINS}(?:牵头|主办|主责)(?=:)"
PARTICIPANT_LABEL = rf"(?:配合|协办|协同|协助|参与|参加|参建|支持|会办){_UNIT_NOUN}|{_BEGINS}(?:配合|协办|参与)(?=:)"
RESPONSIBLE_LABEL = rf"(?:责任|承办|落实|实施|执行|负责|承担|责任落实|具体责任|承接|组织){_UNIT_NOUN}|责任分工|任务分工|{_BEGINS}(?:责任|承办)(?=:)"
PERSON_LABEL = "(?:牵头|责任|分管|包保|包联|县级|市级|具体|挂钩)?(?:责任|牵头|负责)?(?:领导|负责人|责任人|联系人)"
TIME_LABEL = (
    "(?:完成|整改|实施|推进|落实|工作)?(?:时限|时间|期限|节点|进度)(?:要求|安排|节点)?|时间节点|完成日期|时限要求"
)

LABEL = re.compile(
    rf"(?P<lead>{LEAD_LABEL})|(?P<participant>{PARTICIPANT_LABEL})|(?P<responsible>{RESPONSIBLE_LABEL})"
    rf"|(?P<person>{PERSON_LABEL})|(?P<time>{TIME_LABEL})"
)
LABEL_LINE = re.compile(rf"[(【\[]?(?:{LABEL.pattern})[】\]]?:")

# What the title of a section says about what stands in it.
NOT_TASK_WORDS = re.compile(
    "总体要求|指导思想|基本原则|工作原则|主要原则|总体思路|工作思路|总体目标|组织领导|组织机构|领导机构|组织架构|工作机构"
    "|任务分工|职责分工|责任分工|工作分工|实施步骤|方法步骤|工作步骤|时间安排|进度安排|步骤安排|实施阶段|阶段安排|时间步骤"
    "|保障措施|工作要求|有关要求|相关要求|几点要求|组织保障|组织实施|工作保障|工作机制|保障机制|监督考核|考核评价|督导考核"
    "|附则|整治范围|适用范围|编制依据|工作背景|形势分析|工作安排|信息报送|报送要求|实施要求|加强领导|组织推进|推进机制"
    "|督导检查|督促检查|总结评估|行动原则|实施范围|组织管理|职责任务分工|成员单位|宣传引导|实施过程|工作成效|工作进展|回顾|保障$|要求$|原则$|思想$|依据$|意义$"
)
GOAL_WORDS = re.compile("目标")
TASK_WORDS = re.compile(
    "主要任务|重点任务|工作任务|具体任务|目标任务|攻坚任务|整治任务|治理任务|行动任务|任务措施|任务举措|重点工作|主要工作"
    "|(?:工作|重点|主要|具体|治理|推进|实施|攻坚|整治|行动|落实)(?:举措|措施)|工作内容|主要内容|重点内容|行动内容"
    "|整治内容|整治重点|任务清单|任务安排|重点事项|攻坚内容|攻坚重点|实施内容|实施任务|任务与措施|任务和措施|任务及措施|主要行动|重点行动"
    "|任务及分工|任务和分工|任务及责任|任务和责任|十大行动|[八九六七五]大行动|专项行动$|任务$"
)
LONE_HEADINGS = re.compile(
    "(?:总则|附则|总体要求|指导思想|工作目标|总体目标|主要目标|行动目标|主要任务|重点任务|工作任务|重点工作任务|工作举措|工作措施|组织领导|组织机构"
    "|任务分工|实施步骤|保障措施|工作要求|组织保障|组织实施|有关要求|工作安排)"
)
ACTION_TITLE = re.compile("(?:行动|工程|攻坚战?|专项整治|计划|提升年)$")

# A document that tells what was done, or talks about a plan, holds no task.
NOT_A_PLAN_TITLE = re.compile(
    "(?:总结|报告|汇报|简报|通报|纪要|讲话|解读|公告|问答|情况|发布会|启动会|动员会|召开|培训班|公示)$"
)
PLAN_TITLE = re.compile("方案|计划|行动|清单|分工|要点|安排|措施|台账|任务.*表$")

# A unit's name by its last noun, as it stands in a list or in a table's cell.
UNIT_NAME = re.compile(
    r"(?:[^。;:、,]{1,30}(?:局|委|办|部|厅|府|会|队|院|公司|集团|中心|部门|单位|企业|厂|科|处|室|乡|镇|街道|区|县|市|州|盟|旗|站|所|园|村|学校|小学|中学"
    r"|银行|车间|班组|行业|机构|组织|社|矿|项目|等)|乡|镇|村)(?:\([^()]*\))?(?:牵头|配合|负责|分别|按职责)*(?:\([^()]*\))?"
)
# What a broken name goes on with: no name by itself.
UNIT_TAIL = re.compile(
    r"(?:办公室|委员会|管理局|监管局|监督局|建设局|分局|大队|支队|单位|部门|中心|公司|办事处|政府|局|委|办|部|队|处)(?:[、,(]|$)"
)
