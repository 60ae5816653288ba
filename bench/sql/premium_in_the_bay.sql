WITH launched AS (
    SELECT DISTINCT uh FROM {activity}
    WHERE event = {App Launched} AND day BETWEEN {as_of} - 29 AND {as_of}),
held AS (
    SELECT uh, property, max_by(text, valid_from) AS value FROM {profiles}
    WHERE property IN ('city', 'plan') AND valid_from <= {as_of}
    GROUP BY uh, property)
SELECT uh FROM launched
WHERE uh IN (SELECT uh FROM held WHERE property = 'city' AND value IN ('San Francisco', 'Oakland'))
  AND uh IN (SELECT uh FROM held WHERE property = 'plan' AND value <> 'free')
ORDER BY uh
