-- A validation that was stopped early says what its answered part fixed and broke; until now such epochs said nothing of it, as zeros.

UPDATE epoch SET summary = (
  SELECT json_set(epoch.summary,
    '$.fixed', count(*) FILTER (WHERE before_score < threshold AND after_score >= threshold),
    '$.broken', count(*) FILTER (WHERE before_score >= threshold AND after_score < threshold))
  FROM (
    SELECT json_extract(r.config, '$.match_threshold') AS threshold,
           (SELECT avg(score) FROM prediction p
            WHERE p.run_id = epoch.run_id AND p.version_id = epoch.before_id AND p.example_id = e.example_id) AS before_score,
           (SELECT avg(score) FROM prediction p
            WHERE p.run_id = epoch.run_id AND p.version_id = epoch.version_id AND p.example_id = e.example_id) AS after_score
    FROM run_example e JOIN run r ON r.id = e.run_id
    WHERE e.run_id = epoch.run_id AND e.split = 1 AND e.left_out IS NULL
  )
) WHERE json_extract(summary, '$.bound') IS NOT NULL;
