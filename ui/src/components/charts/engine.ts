import { CustomChart, LineChart, ScatterChart } from "echarts/charts";
import { GridComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

// Only what our charts draw with. SVG, because a few hundred points stay sharp at every zoom and can be saved as text.
use([LineChart, ScatterChart, CustomChart, GridComponent, SVGRenderer]);

export { init };
