-- events since 89 days before
WITH looked AS (
    SELECT uh, ts FROM {events}
    WHERE event = {Front Row Viewed} AND day BETWEEN {as_of} - 89 AND {as_of}),
bought AS (
    SELECT uh, ts FROM {events}
    WHERE event = {Ticket Purchased} AND day BETWEEN {as_of} - 89 AND {as_of}),
chained AS (
    SELECT DISTINCT b.uh FROM bought b ASOF JOIN looked l ON l.uh = b.uh AND l.ts < b.ts
    WHERE b.ts - l.ts <= 7 * 86400000000),
active AS (
    SELECT uh FROM {activity}
    WHERE event = {App Launched} AND day BETWEEN {as_of} - 29 AND {as_of}
       OR event = {App Uninstalled} AND day <= {as_of}
    GROUP BY uh
    HAVING count(*) FILTER (event = {App Launched}) > 0
       AND count(*) FILTER (event = {App Uninstalled}) = 0),
plans AS (
    SELECT uh, max_by(text, valid_from) AS plan FROM {profiles}
    WHERE property = 'plan' AND valid_from <= {as_of} GROUP BY uh)
SELECT uh FROM chained JOIN active USING (uh) LEFT JOIN plans USING (uh)
WHERE plan IS DISTINCT FROM 'premium'
ORDER BY uh
