from .api_keys import ApiKeys
from .bordereaux import Bordereaux
from .changes import Changes
from .claims import Claims
from .covers import Covers
from .events import Events
from .invoices import Invoices
from .prices import Prices
from .products import Products
from .quotes import Quotes
from .settling import Settling
from .test_clock import TestClock
from .webhooks import Webhooks


class Operations(
    ApiKeys,
    Bordereaux,
    Changes,
    Claims,
    Covers,
    Events,
    Invoices,
    Prices,
    Products,
    Quotes,
    Settling,
    TestClock,
    Webhooks,
):
    pass
