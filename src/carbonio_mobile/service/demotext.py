"""The words of the demo: people, conversations, newsletters, letters in many scripts, plans.

All of it is invented. Conversations are told as (subject, folder, turns); a turn is what one says.
"""

from collections.abc import Mapping
from typing import TypedDict

PEOPLE = (
    ("Elena Ferraro", "elena.ferraro@example.net"),
    ("Tomáš Novák", "tomas.novak@example.org"),
    ("Søren Lindqvist", "soren@example.net"),
    ("Amélie Durand", "amelie.durand@example.org"),
    ("Priya Raman", "priya.raman@example.net"),
    ("Jürgen Krauß", "juergen.krauss@example.org"),
    ("Fatima El-Sayed", "fatima@example.net"),
    ("Peter O'Connell", "peter.oconnell@example.org"),
)
OWNERS = {
    "john@example.com": "John Hartley",
    "mary@example.com": "Mary Okafor",
    "admin@example.com": "Site Administration",
}
STAFF: Mapping[str, Mapping[str, str]] = {
    "john@example.com": {
        "givenName": "John",
        "sn": "Hartley",
        "title": "Project lead",
        "company": "Example Company",
        "telephoneNumber": "+39 02 555 0101",
        "mobile": "+39 333 555 0101",
        "physicalDeliveryOfficeName": "Room 217",
    },
    "mary@example.com": {
        "givenName": "Mary",
        "sn": "Okafor",
        "title": "Head of finance",
        "company": "Example Company",
        "telephoneNumber": "+39 02 555 0102",
        "mobile": "+39 333 555 0102",
        "physicalDeliveryOfficeName": "Room 112",
    },
    "admin@example.com": {
        "title": "Help desk",
        "company": "Example Company",
        "telephoneNumber": "+39 02 555 0100",
        "physicalDeliveryOfficeName": "Room 001",
    },
}
"""What the address list says of the accounts, by names of attributes."""

CONVERSATIONS = (
    (
        "Harbour bridge: inspection on Thursday",
        "Projects/Harbour bridge",
        (
            "The inspectors come on Thursday at nine. Could you bring the drawings of the northern ramp?",
            "I can. Do they want the old set as well, or only what changed since spring?",
            "Both, please. Last time they asked for the old set when we had already gone home.",
            "Then I print both tonight. Who opens the gate?",
            "The harbour office does, from half past eight. Bring your badge, they have a new guard.",
            "Done, the drawings are in the car. See you at the gate.",
            "Thanks to all of you: no remarks, except one loose handrail. I order the part today.",
        ),
    ),
    (
        "Figures for the second quarter",
        "Inbox",
        (
            "Here are the figures as they stand today. Two invoices from June are still open.",
            "The travel costs look high. Is the trade fair in there twice?",
            "You are right, the hotel was booked to both projects. I corrected it, see the new sheet.",
            "Better. With that we are three per cent under the plan.",
            "Good enough for the board. I send it to them this afternoon.",
        ),
    ),
    (
        "New web site: texts for the start page",
        "Projects/Web site",
        (
            "I have put together a first draft of the start page. Please be frank.",
            "I like the opening. The second paragraph says the same thing three times.",
            "Cut to one sentence. What about the photograph?",
            "It is from before the move, the old sign is still on the wall.",
            "Then we take a new one on the first sunny day. Who has a decent camera?",
            "I do. Tomorrow at four the light comes from the right side.",
            "Pictures are on the share. Number fourteen, if you ask me.",
            "Fourteen it is. The page goes live on Monday.",
        ),
    ),
    (
        "Lunch on Friday?",
        "Inbox",
        (
            "It has been too long. Friday at the small place by the canal?",
            "Gladly. Half past twelve? I have a call at two.",
            "Half past twelve. I book a table outside, if the weather holds.",
        ),
    ),
    (
        "Re-cabling of the second floor",
        "Inbox",
        (
            "The electricians start on the second floor next week, room by room, from east to west.",
            "Does the printer room keep its network in the meantime?",
            "Not on Tuesday morning. I asked them to begin there at six so that it is back by ten.",
            "Fine. I put a note on the door.",
            "All done, two days early. Tell me if a socket is dead, I have the plan here.",
            "Socket 2.17 is. Not urgent.",
        ),
    ),
    (
        "Handover before your holiday",
        "Inbox",
        (
            "You leave on Saturday, so let us go through the open things on Thursday.",
            "Three things: the offer for Lindqvist, the printer contract, the plants.",
            "I take the offer. Who takes the plants?",
            "Priya does. She asked for it in writing: twice a week, not more.",
        ),
    ),
    (
        "Offer 2291, questions from the customer",
        "Projects/Web site",
        (
            "The customer asks whether hosting is included in offer 2291, and for how long.",
            "It is, for two years. Page four, but easy to miss.",
            "They missed it. They also want to pay in three parts.",
            "Thirty, thirty, forty, the last part when it is accepted. Not later.",
            "They agreed. The signed copy is attached.",
        ),
    ),
    (
        "Train tickets to Vienna",
        "Travel",
        (
            "The night train or the morning one? The night train is cheaper and has beds.",
            "Night train, if we get a compartment with two beds.",
            "Booked: coach 302, places 41 and 43. Tickets attached, keep yours on the phone.",
            "Got it. I bring the breakfast, you bring the coffee.",
        ),
    ),
    (
        "Backup of the file server failed twice",
        "Inbox",
        (
            "The backup stopped on Monday and on Tuesday, both times at 03:14.",
            "Same tape? Or the same directory?",
            "Same directory: somebody keeps a 400 GB film collection in a project folder.",
            "Ask nicely before you delete it.",
            "Asked nicely. It is gone, and the backup ran through in half the time.",
        ),
    ),
    (
        "Choir on Wednesday",
        "Personal",
        (
            "We rehearse in the small hall this week, the big one has a wedding.",
            "Do we sing the Bruckner again? The tenors would like a word of warning.",
            "We do. Bars 40 to 62, slowly, until it holds.",
            "Then I come early and warm up.",
        ),
    ),
)

QUOTES = (
    "Best regards",
    "Kind regards",
    "Thanks",
    "All the best",
    "Many greetings",
    "See you soon",
)

NEWSLETTERS = (
    ("Mountain Weather Weekly", "weather@lists.example.org", "What the week brings above 2,000 metres"),
    ("The Slow Kitchen", "post@kitchen.example.net", "Five things to do with a bag of lentils"),
    ("City Library", "news@library.example.org", "New on the shelves, and our hours in the summer"),
    ("Open Protocols Digest", "digest@lists.example.net", "This week: calendars that agree with each other"),
)  # fmt: skip
NEWSLETTER_ITEMS = (
    (
        "A quiet start",
        "High pressure holds until Wednesday; after that, keep the raincoat in reach.",
    ),
    ("Worth a detour", "The old signal box on the southern line is open to visitors again."),
    ("From our readers", "Several of you asked for the recipe without onions. Here it is."),
    ("Behind the scenes", "Why it takes eleven people to move one shelf by two metres."),
    ("In numbers", "412 loans in a day: a record since the building opened in 1974."),
    ("Next time", "We look at time zones, and at the one country that is 45 minutes off."),
)

NOTICES = (
    ("Build 4{n} passed", "All 1,204 tests passed in 6 min 12 s.\nBranch: main\nNothing to do."),
    ("Disk usage on filer{n}: 81 %", "Volume /srv is at 81 %, above the warning level of 80 %.\n"
                                     "It grows by 1.2 % a week."),
    ("Your parcel 77{n} is on its way", "It left our depot this morning and will be with you tomorrow\n"
                                        "between 10:00 and 12:00. You can follow it on our pages."),
    ("Ticket {n} has a new comment", "Tomáš wrote: it happens only when the window is very narrow.\n"
                                     "Status: open, assigned to you."),
)  # fmt: skip

LETTERS = (
    ("Kenji Mori 森 健二", "mori@example.net", "次回の会議について", "iso-2022-jp",
     "お世話になっております。\n次回の会議は木曜日の午後三時から、第二会議室で行います。\n"
     "資料は前日までにお送りします。\nよろしくお願いいたします。"),
    ("Ольга Смирнова", "olga@example.org", "Отчёт за прошлую неделю", "koi8-r",
     "Добрый день!\nОтчёт за прошлую неделю готов. Прошу посмотреть третий раздел: там есть вопрос\n"
     "по срокам.\nС уважением, Ольга"),
    ("Μαρία Παπαδοπούλου", "maria@example.net", "Φωτογραφίες από το ταξίδι", "iso-8859-7",
     "Γεια σου!\nΣου στέλνω τις φωτογραφίες από το ταξίδι. Η θάλασσα ήταν υπέροχη.\nΦιλιά, Μαρία"),
    ("王小明", "wang@example.org", "项目进度更新", "gb18030",
     "您好：\n第一阶段已经完成，第二阶段下周一开始。\n如有问题请随时联系我。\n祝好"),
    ("فاطمة حسن", "hassan@example.net", "موعد الاجتماع القادم", "utf-8",
     "مرحباً،\nالاجتماع القادم يوم الثلاثاء الساعة العاشرة صباحاً.\nمع أطيب التحيات"),
    ("प्रिया शर्मा", "sharma@example.org", "कल की बैठक", "utf-8",
     "नमस्ते,\nकल की बैठक सुबह ग्यारह बजे होगी। कृपया समय पर आएँ।\nधन्यवाद"),
    ("דנה לוי", "dana@example.net", "תודה על העזרה", "iso-8859-8",
     "שלום,\nתודה רבה על העזרה אתמול. הכול עובד עכשיו.\nדנה"),
    ("김민수", "minsu@example.org", "견적서 보내드립니다", "euc-kr",
     "안녕하세요.\n요청하신 견적서를 보내드립니다. 확인 후 연락 주시기 바랍니다.\n감사합니다."),
    ("José Muñoz", "jose@example.net", "Fotos del cumpleaños 🎉", "utf-8",
     "¡Hola!\nAquí están las fotos del cumpleaños. Mañana te mando el vídeo.\nUn abrazo 🎂"),
    ("สมชาย ใจดี", "somchai@example.org", "กำหนดการเดินทาง", "utf-8",
     "สวัสดีครับ\nกำหนดการเดินทางอยู่ด้านล่าง หากมีข้อสงสัยติดต่อผมได้เลย\nขอบคุณครับ"),
)  # fmt: skip

MEETINGS = (
    ("Weekly planning", "Room 2", 60, "FREQ=WEEKLY;COUNT=10"),
    ("Budget review", "Board room", 90, ""),
    ("Interview: system engineer", "Room 4, third floor", 45, ""),
    ("Fire drill", "Car park", 30, ""),
    ("Contract with the printers", "Video call", 30, ""),
    ("Summer party, preparations", "Canteen", 60, ""),
)

JUNK = (
    (
        "You have been selected",
        "Dear winner, a sum of money waits for you. We need only your patience.",
    ),
    (
        "Cheap watches, almost real",
        "Nobody will notice the difference. Except you, every single day.",
    ),
    ("Your mailbox is 213 % full", "Click nowhere, and especially not here."),
)


class _Meeting(TypedDict):
    people: tuple[str, str]
    subject: str
    place: str
    text: str


MEETING: _Meeting = {
    "people": ("john@example.com", "mary@example.com"),
    "subject": "Budget for the harbour bridge",
    "place": "Board room",
    "text": "Please bring the figures of the second quarter.",
}
"""Of the people the first is the organizer."""

APPOINTMENTS = (
    ("Dentist", "Via Larga 8", 1, 8.5, 45),
    ("Call with the printers", "Video call", 2, 14.0, 30),
    ("Choir", "Small hall", 3, 19.5, 120),
    ("Handover", "Room 217", -2, 16.0, 60),
)
"""(subject, place, days from the first start, hour, minutes)"""

TASKS = (
    ("Send offer 2291", 2, "Page four has to say for how long hosting is included."),
    ("Order the handrail", 5, "One part, northern ramp."),
    ("Book the night train", -3, "Two beds."),
    ("Read the draft of the start page", 9, ""),
)
"""(subject, due in so many days: those of the past are done, text)"""

NOTES = (
    ("Gate", "The harbour office opens at half past eight. Bring the badge."),
    ("Lentils", "Lentils, carrots, bay leaf, a little vinegar at the end. No onions."),
    ("次回", "会議室二、木曜日、午後三時。"),
)

CITIES = (
    ("Via Roma 1", "Milano", "20121", "Italy"),
    ("Na Příkopě 12", "Praha", "110 00", "Czechia"),
    ("Østergade 5", "København", "1100", "Denmark"),
    ("Rue de la Paix 7", "Lyon", "69002", "France"),
)
