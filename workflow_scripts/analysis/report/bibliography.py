"""Literature cited in a methods text, numbered in the order of citation."""

WORKS = {
    "cityscapes": "M. Cordts et al. The Cityscapes dataset for semantic urban scene understanding. "
    "CVPR 2016.",
    "coco": "T.-Y. Lin et al. Microsoft COCO: common objects in context. ECCV 2014.",
    "detectron2": "Y. Wu, A. Kirillov, F. Massa, W.-Y. Lo, R. Girshick. Detectron2. 2019. "
    "https://github.com/facebookresearch/detectron2",
    "efron": "B. Efron. Bootstrap methods: another look at the jackknife. Annals of Statistics 7, "
    "1979.",
    "faster_rcnn": "S. Ren, K. He, R. Girshick, J. Sun. Faster R-CNN: towards real-time object "
    "detection with region proposal networks. NeurIPS 2015.",
    "fcos": "Z. Tian, C. Shen, H. Chen, T. He. FCOS: fully convolutional one-stage object "
    "detection. ICCV 2019.",
    "gelman": "A. Gelman. Prior distributions for variance parameters in hierarchical models. "
    "Bayesian Analysis 1, 2006.",
    "hedges": "L. V. Hedges. Distribution theory for Glass's estimator of effect size and related "
    "estimators. Journal of Educational Statistics 6, 1981.",
    "holm": "S. Holm. A simple sequentially rejective multiple test procedure. Scandinavian "
    "Journal of Statistics 6, 1979.",
    "kueppers": "F. Küppers, J. Kronenberger, A. Shantia, A. Haselhoff. Multivariate confidence "
    "calibration for object detection. CVPR workshops 2020.",
    "lakens": "D. Lakens. Equivalence tests: a practical primer for t tests, correlations, and "
    "meta-analyses. Social Psychological and Personality Science 8, 2017.",
    "mask_rcnn": "K. He, G. Gkioxari, P. Dollár, R. Girshick. Mask R-CNN. ICCV 2017.",
    "pitman": "E. J. G. Pitman. Significance tests which may be applied to samples from any "
    "populations. Supplement to the Journal of the Royal Statistical Society 4, 1937.",
    "retinanet": "T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollár. Focal loss for dense object "
    "detection. ICCV 2017.",
    "satterthwaite": "F. E. Satterthwaite. An approximate distribution of estimates of variance "
    "components. Biometrics Bulletin 2, 1946.",
    "schuirmann": "D. J. Schuirmann. A comparison of the two one-sided tests procedure and the "
    "power approach for assessing the equivalence of average bioavailability. Journal of "
    "Pharmacokinetics and Biopharmaceutics 15, 1987.",
    "welch": "B. L. Welch. The generalization of 'Student's' problem when several different "
    "population variances are involved. Biometrika 34, 1947.",
}


class Bibliography:
    """Works that a text cites."""

    def __init__(self) -> None:
        self._cited: list[str] = []

    def cite(self, *keys: str) -> str:
        """`[1, 2]`, the numbers of works."""
        self._cited += [key for key in dict.fromkeys(keys) if key not in self._cited]
        return f"[{', '.join(str(self._cited.index(key) + 1) for key in keys)}]"

    def lines(self) -> list[str]:
        """The cited works, each with its number."""
        return [f"[{number}] {WORKS[key]}" for number, key in enumerate(self._cited, start=1)]
