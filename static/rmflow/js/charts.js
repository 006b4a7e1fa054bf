/* Charts drawn from the tables that stand beside them: nothing is said by the picture alone. */
(() => {
  "use strict";

  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const number = (cell) => (cell && cell.textContent.trim() !== "" ? Number(cell.textContent) : null);

  function read(table) {
    return [...table.tBodies[0].rows].map((row) => ({
      label: row.dataset.label,
      mark: row.dataset.mark,
      name: row.cells[0].textContent.trim(),
      off: "off" in row.dataset,
      open: "open" in row.dataset,
      values: [1, 2, 3].map((column) => number(row.cells[column])),
      url: row.cells[0].querySelector("a")?.href,
    }));
  }

  function shaded(days) {
    return days.flatMap((day, at) => (day.off ? [[{ xAxis: at - 0.5 }, { xAxis: at + 0.5 }]] : []));
  }

  function notLocked(days, word) {
    return days.flatMap((day, at) =>
      day.open ? [{ coord: [at, 0], value: [...word].join("\n"), symbol: "none" }] : [],
    );
  }

  function options(days, heads, word) {
    const ink = style("--ink2");
    const axis = { color: ink, fontSize: 11 };
    return {
      animation: false,
      grid: { left: 34, right: 12, top: 16, bottom: 38 },
      xAxis: {
        type: "category",
        data: days.map((day) => (day.mark ? `${day.label}\n${day.mark}` : day.label)),
        axisTick: { show: false },
        axisLine: { lineStyle: { color: style("--rule2") } },
        axisLabel: { ...axis, interval: window.innerWidth < 576 ? 4 : 0 },
      },
      yAxis: {
        type: "value",
        minInterval: 1,
        axisLabel: axis,
        splitLine: { lineStyle: { color: style("--rule") } },
      },
      series: [
        {
          name: heads[1], type: "bar", stack: "n", barWidth: "46%", data: days.map((day) => day.values[0]),
          itemStyle: { color: style("--cobalt") },
          markArea: { silent: true, itemStyle: { color: style("--done-bg") }, data: shaded(days) },
          markPoint: {
            silent: true, data: notLocked(days, word),
            label: { show: true, position: "top", color: style("--today"), fontSize: 11 },
          },
        },
        {
          name: heads[2], type: "bar", stack: "n", data: days.map((day) => day.values[1]),
          itemStyle: { color: style("--series-2"), borderColor: style("--sheet"), borderWidth: 1 },
        },
        {
          name: heads[3], type: "line", data: days.map((day) => day.values[2]), symbol: "none",
          lineStyle: { type: "dashed", width: 1.5, color: style("--ink3") },
        },
      ],
    };
  }

  function draw(place) {
    const table = document.getElementById(place.dataset.chart);
    const days = read(table);
    const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    const chart = window.echarts.init(place, null, { renderer: "svg" });
    chart.setOption(options(days, heads, place.dataset.unlocked));
    chart.on("click", (event) => {
      const url = days[event.dataIndex]?.url;
      if (url) window.location.assign(url);
    });
    window.addEventListener("resize", () => chart.resize());
  }

  const drawAll = (root) => root.querySelectorAll("[data-chart]:not([_echarts_instance_])").forEach(draw);
  drawAll(document);
  document.body.addEventListener("htmx:load", (event) => drawAll(event.detail.elt));
})();
