SELECT tenant FROM projections.districts WHERE closed
