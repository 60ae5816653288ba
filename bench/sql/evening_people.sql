-- events since 59 days before
SELECT uh FROM {events}
WHERE event = {App Launched} AND day BETWEEN {as_of} - 59 AND {as_of}
  AND (day + 3) % 7 IN (5, 6) AND ts // 3600000000 % 24 BETWEEN 18 AND 22
GROUP BY uh HAVING count(*) >= 2
ORDER BY uh
