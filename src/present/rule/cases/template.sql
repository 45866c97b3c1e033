---- found: a loop without an end
SELECT id FROM sales.orders {% for day in days %}

---- found: a call
SELECT id FROM {{ source('sales', 'orders') | upper }}

---- not found: a variable
SELECT id FROM sales.orders WHERE day = '${day}'

---- not found: braces in a string
SELECT '{not} a {template}' AS a, map('a', 1) AS b
