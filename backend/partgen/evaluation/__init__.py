"""How good the methods are: measures, labelled models, and the benchmarks that are made of them.

`labelled` reads the models, `metrics` compares two labelings, `segmentation` and `robustness` say what is measured of one
object, `measuring` does it for many in processes of their own, `tables` and `gallery` show what came out.
"""
