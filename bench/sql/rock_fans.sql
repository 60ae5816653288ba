-- events since 6 days before
SELECT DISTINCT uh FROM {events}
WHERE event = {Video Watched: rock} AND day BETWEEN {as_of} - 6 AND {as_of}
  AND CAST(properties ->> '$.seconds' AS DOUBLE) >= 300
ORDER BY uh
