-- What the household owns on the day: any car, more than one home, or a shop, where the programme excludes it.
WITH owned AS (
  SELECT "权利人身份证号@person@ref" AS owner, 不动产单元号 AS thing, '房' AS kind, coalesce(contains(用途, '商铺'), FALSE) AS shop,
         登记日期 AS since, 注销日期 AS until
  FROM real_estate WHERE 用途 IS NULL OR contains(用途, '住宅') OR contains(用途, '商铺')
  UNION ALL
  SELECT "所有人身份证号@person@ref", 号牌号码, '车', FALSE, 登记日期, 注销日期
  FROM vehicles WHERE contains(车型, '轿车') OR contains(车型, '越野') OR contains(车型, '商务')),
within_reach AS (
  SELECT owner AS beneficiary, thing, kind, shop, since, until FROM owned
  UNION
  SELECT m."公民身份号码@ref", o.thing, o.kind, o.shop, o.since, o.until
  FROM owned o JOIN residents r ON r."公民身份号码@ref" = o.owner JOIN residents m ON m.户号 = r.户号),
excluded AS (
  SELECT g.项目编码 AS programme, k.kind FROM programmes g, (VALUES ('房'), ('车')) k(kind)
  WHERE list_bool_or(list_transform(g.排斥条件, lambda condition: contains(condition, '有' || k.kind)))),
events AS (
  SELECT w.beneficiary, e.programme, e.kind
  FROM within_reach w JOIN payments p ON p."身份证号@ref" = w.beneficiary
  JOIN excluded e ON e.programme = p.项目编码 AND e.kind = w.kind
  WHERE w.since <= p.发放日期 AND p.发放日期 < w.until AND p.发放日期 <= $as_of
  GROUP BY w.beneficiary, e.programme, e.kind, p.发放流水号
  HAVING e.kind = '车' OR count(*) > 1 OR bool_or(w.shop))
SELECT DISTINCT beneficiary, programme, kind FROM events
