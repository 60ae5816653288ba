-- events since 179 days before
SELECT uh FROM {events}
WHERE event = {Ticket Purchased} AND day BETWEEN {as_of} - 179 AND {as_of}
GROUP BY uh HAVING sum(CAST(properties ->> '$.amount' AS DECIMAL(18, 2))) >= 200
ORDER BY uh
