"""All that views say, in English and in Russian; `words` puts it into sentences.

- What stands in braces is filled in. A phrase with `{count}` has a form for each kind of number:
  for 1 and for others in English; for 1, 2 and 5 in Russian.
- A task is of the feminine gender in Russian. Names are in no case of their own, so that a sentence
  has them as its subject, its object, or behind a colon.
- Names of asyncio's own (Lock, gather, CancelledError, …) are as in the code.
"""

from __future__ import annotations

# How each language writes numbers, and which form goes with one, as gettext's catalogues say it.
NUMBERS = {
    "en": {"decimal": ".", "thousands": ",", "plural": "n != 1"},
    "ru": {
        "decimal": ",",
        "thousands": "\u00a0",
        "plural": "n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2",
    },
}

Forms = str | tuple[str, ...]

PHRASES: dict[Forms, Forms] = {
    # Numbers and times
    "{number} s": "{number} с",
    "never": "никогда",
    "at {time}": "в момент {time}",
    "at {time}, step {step}": "в момент {time}, шаг {step}",
    "from {start} to {end}": "от {start} до {end}",
    "from {start} to {end}, {length}": "от {start} до {end}, {length}",
    ("{count} task", "{count} tasks"): ("{count} задача", "{count} задачи", "{count} задач"),
    ("{count} future", "{count} futures"): (
        "{count} future",
        "{count} future",
        "{count} future",
    ),
    ("{count} span", "{count} spans"): (
        "{count} промежуток",
        "{count} промежутка",
        "{count} промежутков",
    ),
    ("{count} instant", "{count} instants"): (
        "{count} момент",
        "{count} момента",
        "{count} моментов",
    ),
    ("{count} time", "{count} times"): ("{count} раз", "{count} раза", "{count} раз"),
    ("{count} step", "{count} steps"): ("{count} шаг", "{count} шага", "{count} шагов"),
    ("{count} arrow", "{count} arrows"): ("{count} стрелка", "{count} стрелки", "{count} стрелок"),
    ("{count} callback", "{count} callbacks"): (
        "{count} обратный вызов",
        "{count} обратных вызова",
        "{count} обратных вызовов",
    ),
    ("{count} item", "{count} items"): (
        "{count} элемент",
        "{count} элемента",
        "{count} элементов",
    ),
    ("… {count} more", "… {count} more"): ("… ещё {count}", "… ещё {count}", "… ещё {count}"),
    # Who does something
    "a callback": "обратный вызов",
    "a timeout": "тайм-аут",
    "a timeout of {who}": "тайм-аут задачи {who}",
    "the TaskGroup of {who}": "TaskGroup задачи {who}",
    "the run": "запуск",
    "the loop": "цикл событий",
    "the sweep": "перебор отмен",
    "nobody": "никто",
    # Primitives: by name, and by number where they have none or share it
    "{kind} '{name}'": "{kind} «{name}»",
    "{named} #{number}": "{named} №{number}",
    "{kind} #{number}": "{kind} №{number}",
    # For what a task waits: in a sentence, behind "waits for", and in a bar
    "its next turn": "следующий шаг",
    "a sleep of {length}": "сон {length}",
    "a sleep without end": "бесконечный сон",
    "sleep {length}": "спит {length}",
    "sleep": "спит",
    "sleep for ever": "спит вечно",
    "for ever": "вечно",
    "{primitive}": "{primitive}",
    "{primitive} to be set": "установка {primitive}",
    "a notification of {primitive}": "уведомление {primitive}",
    "notification of {primitive}": "уведомление {primitive}",
    "{primitive}, after a notification": "{primitive}, после уведомления",
    "the other parties of {primitive}": "остальные участники {primitive}",
    "other parties of {primitive}": "остальные участники {primitive}",
    "an item of {primitive}": "элемент из {primitive}",
    "item of {primitive}": "элемент из {primitive}",
    "room in {primitive}": "место в {primitive}",
    "all items of {primitive} to be done": "обработка всего из {primitive}",
    "all items of {primitive}": "обработка всего из {primitive}",
    "{tasks}": "{tasks}",
    "{type}": "{type}",
    "gather() of {tasks}": "gather(): {tasks}",
    "wait() of {tasks}": "wait(): {tasks}",
    "wait_for() of {tasks}": "wait_for(): {tasks}",
    "its TaskGroup: {tasks}": "своя TaskGroup: {tasks}",
    "TaskGroup: {tasks}": "TaskGroup: {tasks}",
    "{tasks}, shielded": "{tasks}, под shield()",
    "as_completed()": "as_completed()",
    "a task": "задача",
    "a thread": "поток",
    "thread": "поток",
    "a Future": "Future",
    "Future": "Future",
    "futures": "futures",
    # Waits that ended before what they asked for
    "{wait}, cut short": "{wait}, прервано",
    "{wait}, cut after {length}": "{wait}, прервано через {length}",
    "cut after {length}": "прервано через {length}",
    "cut short": "прервано",
    # Timeouts
    "timeout {length}": "тайм-аут {length}",
    "timeout": "тайм-аут",
    "timeout without a deadline": "тайм-аут без срока",
    "timeout {length}, then {later}": "тайм-аут {length}, затем {later}",
    "no deadline": "без срока",
    "the deadline was {time}, and passed": "срок {time} истёк",
    "the deadline was {time}, and was not reached": "срок {time} не наступил",
    "{who}: deadline at {time}": "{who}: срок в момент {time}",
    # Cancellations
    "{by} requests to cancel {who} at {time}": "{by} запрашивает отмену {who} в момент {time}",
    "{request}, message '{message}'": "{request}, сообщение «{message}»",
    "CancelledError is thrown into {who} at {time}": "CancelledError возникает в {who} в момент"
    " {time}",
    "{by} cancels {who}": "{by} отменяет {who}",
    "cancellation requested by {by}": "отмену запрашивает {by}",
    # The life of a task
    "{who} starts at {time}": "{who} начинает работу в момент {time}",
    "{who} returned at {time}": "{who} завершилась в момент {time}",
    "{who} raised at {time}": "{who} завершилась исключением в момент {time}",
    "{who} cancelled at {time}": "{who} отменена в момент {time}",
    "{who} runs, step {step}, and suspends": "{who} выполняется, шаг {step}, и приостанавливается",
    "{who} runs, step {step}, and returned": "{who} выполняется, шаг {step}, и завершается",
    "{who} runs, step {step}, and raised": "{who} выполняется, шаг {step}, и завершается"
    " исключением",
    "{who} runs, step {step}, and cancelled": "{who} выполняется, шаг {step}, и завершается"
    " отменой",
    "{who} is ready to run": "{who} готова к выполнению",
    "{who} waits for {what}": "{who} ждёт: {what}",
    "{who} prints at {time}:": "{who} печатает в момент {time}:",
    "prints {text}": "печатает {text}",
    "prints “{text}” at {time}": "печатает «{text}» в момент {time}",
    "{what} from {start} to {end}": "{what} от {start} до {end}",
    "{who}, from {start} to {end}, returned": "{who}, от {start} до {end}, завершилась",
    "{who}, from {start} to {end}, raised": "{who}, от {start} до {end}, завершилась исключением",
    "{who}, from {start} to {end}, cancelled": "{who}, от {start} до {end}, отменена",
    "{who}, from {start} to {end}, left pending": "{who}, от {start} до {end}, не завершена",
    "blocks {length}": "блокирует {length}",
    "{who} blocks the loop: {call}": "{who} блокирует цикл: {call}",
    "returned": "завершилась",
    "raised": "исключение",
    "cancelled": "отменена",
    "left pending": "не завершена",
    "ready": "готова",
    "waits for {what}": "ждёт: {what}",
    # Who holds what
    "{who} holds {what}": "{who} удерживает {what}",
    "{who} is in {what}": "{who}: {what}",
    "section {name}": "секция {name}",
    "{what} is held {times}": "{what} удерживается {times}",
    "{what} is entered {times}": "{what}: вход {times}",
    "holds {primitive}": "удерживает {primitive}",
    ("{count} task waits for {primitive}", "{count} tasks wait for {primitive}"): (
        "{count} задача ждёт {primitive}",
        "{count} задачи ждут {primitive}",
        "{count} задач ждут {primitive}",
    ),
    "up to {tasks} wait for {primitive}": "{primitive}: одновременно ждут до {tasks}",
    ("{count} waiting", "{count} waiting"): ("ждёт {count}", "ждут {count}", "ждут {count}"),
    "waiting for {primitive}": "ждут {primitive}",
    # Arrows
    "{one} creates {other}": "{one} создаёт {other}",
    "{one} wakes {other}": "{one} будит {other}",
    "{one} cancels {other}": "{one} отменяет {other}",
    "{one} ends, for which {other} waits": "{one} завершается, её ждёт {other}",
    # The legend
    "runs": "выполняется",
    "ready to run": "готова к выполнению",
    "sleeps": "спит",
    "waits for a primitive": "ждёт примитив",
    "waits for tasks": "ждёт задачи",
    "waits for something else": "ждёт другое",
    "left pending at the end": "не завершена к концу",
    "starts": "начинает",
    "returns": "завершается",
    "raises": "завершается исключением",
    "ends cancelled": "завершается отменой",
    "cancel is requested": "отмена запрошена",
    "CancelledError is delivered": "CancelledError доставлено",
    "deadline of a timeout": "срок тайм-аута",
    "prints": "печатает",
    "creates": "создаёт",
    "wakes": "будит",
    "ends, and wakes": "завершается и будит",
    "cancels": "отменяет",
    "timer or callback": "таймер или обратный вызов",
    "the loop is blocked": "цикл заблокирован",
    "holds it": "удерживает",
    "in the section": "в секции",
    "how many wait for it": "сколько ждут",
    # Rows
    "callback {name}": "обратный вызов {name}",
    "timer {name}": "таймер {name}",
    "event loop": "цикл событий",
    "timers and callbacks": "таймеры и обратные вызовы",
    "other tasks": "другие задачи",
    "section": "секция",
    # The axis
    "virtual time": "виртуальное время",
    "virtual time in days": "виртуальное время, дни",
    "virtual time in hours": "виртуальное время, часы",
    "virtual time in minutes": "виртуальное время, минуты",
    "virtual time in seconds": "виртуальное время, секунды",
    "virtual time in milliseconds": "виртуальное время, миллисекунды",
    "virtual time in microseconds": "виртуальное время, микросекунды",
    "virtual time in nanoseconds": "виртуальное время, наносекунды",
    "steps, at their instants of {axis}": "шаги; под ними {axis}",
    # Titles and captions
    "no tasks": "нет задач",
    "{name}: {tasks}, {length}": "{name}: {tasks}, {length}",
    "{title}, then a deadlock": "{title}, затем взаимная блокировка",
    "{title}, then a livelock": "{title}, затем бесконечная занятость",
    "{title}, in case {case}": "{title}, случай {case}",
    "{title}, until {time}": "{title}, до {time}",
    "The two runs do the same.": "Оба запуска делают одно и то же.",
    "The dashed line is the first difference: {words}.": "Пунктиром показано первое различие:"
    " {words}.",
    "Not drawn: {arrows} to or from tasks that share a row.": "Не показано: {arrows} между задачами"
    " общих строк.",
    "{drawn} of {arrows} drawn.": "Показано {drawn} (всего {arrows}).",
    "{drawn} of {arrows} drawn: cancellations first, then ends of waits for tasks, wake-ups, "
    "creations.": "Показано {drawn} (всего {arrows}): сначала отмены, затем концы ожидания задач, "
    "пробуждения, создания.",
    "None is drawn to or from tasks that share a row.": "Стрелки задач общих строк не показаны.",
    ("No room to write {count} printed line.", "No room to write {count} printed lines."): (
        "Нет места для {count} напечатанной строки.",
        "Нет места для {count} напечатанных строк.",
        "Нет места для {count} напечатанных строк.",
    ),
    "{count} of the tasks of {row} raised.": "Исключением завершилось задач строки {row}: {count}.",
    # Mermaid, Perfetto
    "left out": "пропущено",
    "tasks": "задачи",
    "locks, queues, sections": "блокировки, очереди, секции",
    "in {primitive}": "в {primitive}",
    # Pages
    "cancelled by {by}": "отменяет {by}",
    "created at {place}": "создана: {place}",
    "waiting: {number}": "ждут: {number}",
    "how many are there": "сколько внутри",
    "step {step}": "шаг {step}",
    "Zoom in": "Приблизить",
    "Zoom out": "Отдалить",
    "All": "Всё",
    "Show all of it": "Показать всё",
    "Overview": "Обзор",
    "All rows, as thin lines": "Все строки тонкими линиями",
    "Find": "Найти",
    "task, primitive or coroutine": "задача, примитив или корутина",
    "{found} of {all} rows": "Строк: {found} из {all}",
    "Schedule of the run": "Расписание запуска",
    "The schedule in words": "Расписание словами",
    "What happens {period}, in order": "Что происходит {period}, по порядку",
    "from": "с",
    "to": "до",
    "who": "кто",
    "what": "что",
    "The first {number} lines. Zoom in, or find a task, for the others.": "Первые строки, {number}."
    " Приблизьте или найдите задачу, чтобы увидеть остальные.",
    "Too many arrows to be followed: zoom in, or choose a task, to see its own.": "Стрелок слишком"
    " много: приблизьте или выберите задачу, чтобы увидеть её стрелки.",
    "Spans narrower than a pixel are drawn together: zoom in to tell them apart.": "Промежутки уже"
    " пикселя слиты: приблизьте, чтобы их различить.",
    "Up and down choose a row, left and right what is in it; with Shift they move the view. Plus "
    "and minus zoom, Enter zooms to what is chosen, 0 shows all of the time, o all rows, / finds, "
    "Escape lets go.": "Стрелки вверх и вниз выбирают строку, влево и вправо — что в ней; с Shift "
    "они двигают вид. Плюс и минус меняют масштаб, Enter приближает выбранное, 0 показывает всё "
    "время, o — все строки, / ищет, Escape снимает выбор.",
}
